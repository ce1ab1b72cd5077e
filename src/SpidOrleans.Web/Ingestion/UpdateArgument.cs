using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Reads what an operation on a profile is to be done with, and writes it anew with its text repaired and without what is not
/// the sender's to say.</summary>
internal ref struct UpdateArgument(string operation)
{
    public const string ObjectRule = "must be an object";
    public const string NamesRule = "must be a list of names";
    public const string NumberRule = "must have finite numbers only";
    public const string ListRule = "must have lists only";
    public const string RepeatedRule = "must name a property only once";
    public const string NameRule = "must name properties of 1 to 255 characters";

    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly HashSet<string> Reserved = [.. ProfileLimits.Names, "$distinct_id", "$token", "$bucket", "bucket"];

    private readonly ArrayBufferWriter<byte> _buffer = new();
    private int _count;

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Rule { get; private set; }

    /// <summary>Null: there is nothing to do.</summary>
    public readonly byte[]? Json => _count > 0 ? _buffer.WrittenSpan.ToArray() : null;

    /// <param name="json">At the value; afterwards at its end.</param>
    public void Read(ref Utf8JsonReader json)
    {
        using var writer = new Utf8JsonWriter(_buffer, Options);
        if (operation == ProfileOperations.Delete)
        {
            json.Skip();
            writer.WriteStringValue("");
            _count = 1;
        }
        else if (operation == ProfileOperations.Unset)
        {
            ReadNames(ref json, writer);
        }
        else
        {
            ReadProperties(ref json, writer);
        }

        writer.Flush();
        if (_buffer.WrittenCount > ProfileLimits.UpdateBytesMax) Rule ??= $"must take at most {ProfileLimits.UpdateBytesMax} bytes of JSON";
        if (_count > ProfileLimits.PropertiesMax) Rule ??= $"must name at most {ProfileLimits.PropertiesMax} properties";
    }

    private void ReadNames(ref Utf8JsonReader json, Utf8JsonWriter writer)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            Refuse(ref json, NamesRule);
            return;
        }

        writer.WriteStartArray();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.String)
            {
                Refuse(ref json, NamesRule);
            }
            else if (TextRepair.Read(json) is var name && !Reserved.Contains(name))
            {
                writer.WriteStringValue(name);
                _count++;
            }
        }

        writer.WriteEndArray();
    }

    private void ReadProperties(ref Utf8JsonReader json, Utf8JsonWriter writer)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Refuse(ref json, ObjectRule);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        writer.WriteStartObject();
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var name = TextRepair.Read(json);
            json.Read();
            if (Reserved.Contains(name))
            {
                json.Skip();
                continue;
            }

            if (name.Length == 0) Rule ??= NameRule;
            if (!names.Add(name)) Rule ??= RepeatedRule;
            if (operation == ProfileOperations.Add && json.TokenType != JsonTokenType.Number) Rule ??= NumberRule;
            if (operation == ProfileOperations.Union && json.TokenType != JsonTokenType.StartArray) Rule ??= ListRule;
            writer.WritePropertyName(name);
            CopyValue(ref json, writer);
        }

        writer.WriteEndObject();
        _count = names.Count;
    }

    private void CopyValue(ref Utf8JsonReader json, Utf8JsonWriter writer)
    {
        var start = json.TokenStartIndex;
        var depth = json.CurrentDepth;
        var isContainer = json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        TextRepair.Write(writer, json);
        if (json.TokenType == JsonTokenType.Number && !EventRules.IsFinite(json.ValueSpan)) Rule ??= NumberRule;
        while (isContainer && json.Read())
        {
            if (json.TokenType == JsonTokenType.Number && !EventRules.IsFinite(json.ValueSpan)) Rule ??= NumberRule;
            TextRepair.Write(writer, json);
            if (json.CurrentDepth == depth) break;
        }

        if (isContainer && json.BytesConsumed - start > ProfileLimits.ContainerBytesMax)
            Rule ??= $"must have lists and objects of at most {ProfileLimits.ContainerBytesMax} bytes of JSON";
    }

    private void Refuse(ref Utf8JsonReader json, string rule)
    {
        Rule ??= rule;
        json.Skip();
    }
}
