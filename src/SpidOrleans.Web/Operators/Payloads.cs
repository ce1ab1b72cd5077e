using System.Text.Encodings.Web;
using System.Text.Json;

namespace SpidOrleans.Web.Operators;

/// <summary>What payloads of Mixpanel's say, for people to look at. Pure.</summary>
internal static class Payloads
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Longer ones are cut: they are to be looked at, not read.</summary>
    private const int ShownMax = 20_000;

    public static string? InsertIdOf(ReadOnlyMemory<byte> payload) => Property(payload, "$insert_id");

    public static string EventOf(ReadOnlyMemory<byte> payload) => Text(payload, root => root.TryGetProperty("event"u8, out var name) ? name.GetString() : null) ?? "(change of a profile)";

    public static string? UserAgentOf(ReadOnlyMemory<byte> payload) => Property(payload, "User agent");

    /// <summary>Of the event; milliseconds since the Unix epoch.</summary>
    public static long? TimeOf(ReadOnlyMemory<byte> payload) => long.TryParse(Property(payload, "time"), out var time) ? time : null;

    public static string Indented(ReadOnlyMemory<byte> payload)
    {
        var text = Text(payload, root => JsonSerializer.Serialize(root, Readable)) ?? "(not JSON)";
        return text.Length <= ShownMax ? text : text[..ShownMax] + "\n… cut here";
    }

    /// <summary>What a repair may change: the sender's properties, without ids and what the server adds.</summary>
    /// <param name="serverNames">Names that no sender's property has.</param>
    public static string OwnProperties(ReadOnlyMemory<byte> payload, Func<string, bool> serverNames) => Text(payload, root =>
    {
        if (!root.TryGetProperty("properties"u8, out var properties)) return null;
        return JsonSerializer.Serialize(properties.EnumerateObject().Where(one => !serverNames(one.Name)).ToDictionary(one => one.Name, one => one.Value), Readable);
    }) ?? "{}";

    private static string? Property(ReadOnlyMemory<byte> payload, string name) => Text(payload, root =>
        root.TryGetProperty("properties"u8, out var properties) && properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(name, out var value) ? value.ToString() : null);

    private static string? Text(ReadOnlyMemory<byte> payload, Func<JsonElement, string?> read)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
