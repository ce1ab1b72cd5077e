using System.Numerics;
using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>A segment as it is stored, and as it is without some of its events: their places stay, empty, so that the others keep their
/// positions.</summary>
internal sealed record SegmentErasure(string Shard, long Position, long Live, long[] Times, byte[] Body)
{
    /// <summary>Set in what <see cref="Without"/> gives.</summary>
    public long[] Lanes { get; private init; } = [];

    /// <summary>Of its payloads; set likewise.</summary>
    public int Bytes { get; private init; }

    /// <summary>Events that wait.</summary>
    public int Waiting => BitOperations.PopCount((ulong)Live);

    /// <param name="reader">At shard, position, live, events, times, body.</param>
    public static SegmentErasure Read(NpgsqlDataReader reader) =>
        new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<long[]>(4), reader.GetFieldValue<byte[]>(5));

    /// <summary>Writes the segment anew.</summary>
    /// <param name="takes">Identity and payload of an event, whether it waits or was delivered: does it go?</param>
    /// <returns>Null when none goes.</returns>
    public SegmentErasure? Without(TakesEvent takes)
    {
        var events = new SegmentEvent[Times.Length];
        var stored = new SegmentBody(Body, events.Length);
        var (live, bytes, any) = (Live, 0, false);
        for (var i = 0; i < events.Length; i++)
        {
            var (identity, payload) = (stored.Identity(i), stored.Payload(i));
            if (takes(identity, payload.Span))
            {
                events[i] = new SegmentEvent("", 0, ReadOnlyMemory<byte>.Empty);
                live &= ~(1L << i);
                any = true;
                continue;
            }

            events[i] = new SegmentEvent(identity, Times[i], payload);
            bytes += payload.Length;
        }

        if (!any) return null;
        var lanes = new long[events.Length];
        var body = SegmentBody.Write(events, lanes);
        return new SegmentErasure(Shard, Position, live, [.. events.Select(item => item.TimeMs)], body) { Lanes = lanes, Bytes = bytes };
    }

    public delegate bool TakesEvent(string identity, ReadOnlySpan<byte> payload);
}
