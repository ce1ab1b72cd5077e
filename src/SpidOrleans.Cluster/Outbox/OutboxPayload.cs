using System.Buffers;
using System.Text.Json;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>What the first byte or two of a row's payload say of it: the table has no column for that, and needs none.</summary>
public static class OutboxPayload
{
    /// <summary>Every event begins with <c>{"event"</c>, a change of a profile with <c>{"$distinct_id"</c>, of a group's with
    /// <c>{"$group_key"</c>.</summary>
    private static ReadOnlySpan<byte> Change => "{\"$"u8;

    /// <summary>White space in front of an object means nothing to Mixpanel.</summary>
    private const byte Unnamed = (byte)' ';

    public static PayloadKind KindOf(ReadOnlySpan<byte> payload) =>
        !payload.StartsWith(Change) ? PayloadKind.Event : payload is [_, _, _, (byte)'g', ..] ? PayloadKind.Group : PayloadKind.Profile;

    /// <summary>False for a change that carried out twice is another one than once.</summary>
    /// <param name="change">Of a profile or group.</param>
    public static bool IsRepeatable(ReadOnlySpan<byte> change)
    {
        var json = new Utf8JsonReader(change);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(ProfileOperations.Add) || json.ValueTextEquals(ProfileOperations.Append)) return false;
            json.Skip();
        }

        return true;
    }

    /// <summary>True for an event that waits among a user's and does not name the user.</summary>
    public static bool IsUnnamed(ReadOnlySpan<byte> payload) => payload is [Unnamed, ..];

    /// <summary>White space behind an object means nothing either: each replay of a dead letter leaves one of these.</summary>
    private const byte Replayed = (byte)'\n';

    /// <summary>How often the event was a dead letter and has been replayed.</summary>
    public static int ReplaysOf(ReadOnlySpan<byte> payload) => payload.Length - payload.TrimEnd(Replayed).Length;

    /// <summary>The payload as it is stored when its letter is replayed.</summary>
    public static ReadOnlyMemory<byte> AsReplayed(ReadOnlySpan<byte> payload) => (byte[])[.. payload, Replayed];

    /// <summary>The object alone, as it was before anything was marked.</summary>
    public static ReadOnlyMemory<byte> Unmarked(ReadOnlyMemory<byte> payload) => payload.Trim([Unnamed, Replayed]);

    /// <summary>To be written first.</summary>
    public static void MarkUnnamed(IBufferWriter<byte> payload) => payload.Write([Unnamed]);
}
