using System.Buffers;
using System.Text.Json;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>
/// Writes the <c>$identify</c> that joins a visitor with its user under Original ID Merge. A visitor has one user for ever, so its id
/// and the time of its link are all that the event is made of: whoever writes it again, and whenever, writes the same event.
/// </summary>
internal static class IdentifyWriter
{
    public static OutboxEvent Write(UserId user, LinkedVisitor visitor)
    {
        var buffer = new ArrayBufferWriter<byte>(384);
        using var writer = new Utf8JsonWriter(buffer);
        var (device, person) = (visitor.VisitorId.ToString(), user.ToString());
        writer.WriteStartObject();
        writer.WriteString("event"u8, "$identify"u8);
        writer.WriteStartObject("properties"u8);
        writer.WriteNumber("time"u8, visitor.LinkedAtMs);
        writer.WriteString("$insert_id"u8, device);
        // Not among what Mixpanel asks of this event, but strict mode asks it of every event.
        writer.WriteString("distinct_id"u8, person);
        writer.WriteString("$identified_id"u8, person);
        writer.WriteString("$anon_id"u8, device);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return new OutboxEvent(visitor.LinkedAtMs, buffer.WrittenSpan.ToArray());
    }
}
