using System.Text.Json;
using System.Text.Unicode;

namespace SpidOrleans.Web.Ingestion;

/// <summary>What one kind of record is read by.</summary>
internal interface IRecordReader
{
    /// <summary>Reads the value under the reader, which may be anything, to its end.</summary>
    void ReadRecord(ref Utf8JsonReader json);
}

/// <summary>Takes a payload apart: one object, a list of them, or one a line.</summary>
internal static class RecordList
{
    public const string EmptyRule = "data, missing or empty";
    public const string Utf8Rule = "data, must be valid UTF-8";

    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = 64 };

    /// <param name="recordsMax">Reading stops behind the first one too many.</param>
    /// <returns>What is wrong with the payload as a whole, so that no record of it counts; null: nothing.</returns>
    public static string? Read<TReader>(ReadOnlySpan<byte> payload, int recordsMax, ref TReader reader, out bool isTooMany)
        where TReader : IRecordReader
    {
        isTooMany = false;
        // Once here, vectorised: the JSON reader looks at the bytes of a string only when the string is taken out.
        if (!Utf8.IsValid(payload)) return Utf8Rule;
        var json = new Utf8JsonReader(payload, Options);
        try
        {
            var count = 0;
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.StartArray && json.CurrentDepth == 0) continue;
                if (json.TokenType == JsonTokenType.EndArray && json.CurrentDepth == 0) continue;
                if (count++ == recordsMax)
                {
                    isTooMany = true;
                    return null;
                }

                reader.ReadRecord(ref json);
            }

            return count == 0 ? EmptyRule : null;
        }
        catch (JsonException exception)
        {
            return $"data, must be JSON of at most 64 levels; it ceases to be at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";
        }
    }
}
