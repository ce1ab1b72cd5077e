using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.DeadLetters;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>Writes a refused event anew with what a repair names; whatever it does not name stays, byte for byte. Pure.</summary>
internal static class LetterRepair
{
    private static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="payload">An event, with its marks.</param>
    /// <returns>The event with the marks it had.</returns>
    public static OutboxEvent Write(ReadOnlyMemory<byte> payload, long timeMs, EventRepair repair)
    {
        var json = OutboxPayload.Unmarked(payload);
        using var document = JsonDocument.Parse(json);
        var properties = document.RootElement.GetProperty("properties"u8);
        var buffer = new ArrayBufferWriter<byte>(payload.Length + 256);
        if (OutboxPayload.IsUnnamed(payload.Span)) OutboxPayload.MarkUnnamed(buffer);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        writer.WriteString("event"u8, repair.Name ?? document.RootElement.GetProperty("event"u8).GetString());
        writer.WriteStartObject("properties"u8);
        var taken = PlatformProperties.None;
        foreach (var property in properties.EnumerateObject()) WriteKept(writer, property, repair, ref taken);
        writer.Flush();

        // Both objects are still open, as when an event is written first.
        if (repair.Properties is { Length: > 2 } own) EventWriter.AppendMembers(buffer, own.Span, taken);
        buffer.Write("}}"u8);
        for (var replay = OutboxPayload.ReplaysOf(payload.Span); replay > 0; replay--) buffer.Write("\n"u8);
        return new OutboxEvent(repair.TimeMs ?? timeMs, buffer.WrittenSpan.ToArray());
    }

    private static void WriteKept(Utf8JsonWriter writer, JsonProperty property, EventRepair repair, ref PlatformProperties taken)
    {
        var platform = PlatformPropertyNames.Find(property.Name);
        taken |= platform;
        if (property.NameEquals("time"u8) && repair.TimeMs is { } time) writer.WriteNumber("time"u8, time);
        else if (property.NameEquals("$insert_id"u8) && repair.InsertId is { } insertId) writer.WriteString("$insert_id"u8, insertId);
        else if (repair.Properties is null || platform != PlatformProperties.None || IsOfTheServer(property)) property.WriteTo(writer);
    }

    /// <summary>Names that no sender may use.</summary>
    private static bool IsOfTheServer(JsonProperty property) => property.NameEquals("time"u8) || property.NameEquals("ip"u8)
        || property.NameEquals("$insert_id"u8) || property.NameEquals("$device_id"u8) || property.NameEquals("$user_id"u8) || property.NameEquals("distinct_id"u8);
}
