using System.Text.Json;
using System.Text.Unicode;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Takes a request's body apart: a JSON array, or one JSON object per line.</summary>
internal static class ImportBody
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true };

    /// <summary>Reads the events; stops after one more than a request may have.</summary>
    /// <exception cref="JsonException">Not JSON, or not UTF-8.</exception>
    public static List<JsonElement> Read(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) throw new JsonException("the body is not UTF-8");
        var reader = new Utf8JsonReader(body, Options);
        if (!reader.Read()) throw new JsonException("the body is empty");
        return reader.TokenType == JsonTokenType.StartArray ? ReadArray(ref reader) : ReadLines(ref reader);
    }

    private static List<JsonElement> ReadArray(ref Utf8JsonReader reader)
    {
        var events = new List<JsonElement>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // Each event in memory of its own: one that is kept must not keep its whole batch.
            events.Add(JsonElement.ParseValue(ref reader));
            if (events.Count > ImportLimits.RequestEventsMax) return events;
        }

        return reader.Read() ? throw new JsonException("something follows the array") : events;
    }

    private static List<JsonElement> ReadLines(ref Utf8JsonReader reader)
    {
        var events = new List<JsonElement>();
        do
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a line is not an object");
            events.Add(JsonElement.ParseValue(ref reader));
        }
        while (events.Count <= ImportLimits.RequestEventsMax && reader.Read());
        return events;
    }
}
