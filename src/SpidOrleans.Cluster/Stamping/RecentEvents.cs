using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>
/// The last durable events of an identity that came with an insert id, so that a resend need not be stored again. A saving,
/// not a promise: a resend that is not recognised is stored with the same tuple and counts once all the same.
/// </summary>
internal sealed class RecentEvents
{
    /// <summary>Remembered per grain: 16 bytes each, so 4 KB for the busiest. Looking through all of them takes less time than
    /// anything else that is done for an event, and most visitors have a few.</summary>
    public const int CountMax = 256;

    private const int StackMax = 1_024;

    // A ring once it is full.
    private UInt128[] _keys = [];
    private int _count;
    private int _next;

    /// <summary>The events that are neither remembered nor a repeat within the call.</summary>
    /// <param name="lane">What the events have in common that makes the same tuple another event elsewhere: the project, and
    /// the visitor they come from.</param>
    public ImmutableArray<TrackedEvent> Unknown(string lane, ImmutableArray<TrackedEvent> events)
    {
        // Nearly always one event that nobody sent before: no allocation then.
        if (events.Length == 1) return events[0].InsertId is not null && IsKnown(Key(lane, events[0])) ? [] : events;

        HashSet<UInt128>? seen = null;
        return events.RemoveAll(e =>
        {
            if (e.InsertId is null) return false;
            var key = Key(lane, e);
            return IsKnown(key) || !(seen ??= []).Add(key);
        });
    }

    /// <summary>To be called only once the events are durable.</summary>
    public void Add(string lane, ImmutableArray<TrackedEvent> events)
    {
        foreach (var e in events)
        {
            if (e.InsertId is not null && Key(lane, e) is var key && !IsKnown(key)) Add(key);
        }
    }

    private bool IsKnown(UInt128 key) => _keys.AsSpan(0, _count).Contains(key);

    private void Add(UInt128 key)
    {
        if (_count == _keys.Length && _count < CountMax) Array.Resize(ref _keys, Math.Clamp(_count * 2, 1, CountMax));
        _keys[_next] = key;
        _count = Math.Max(_count, _next + 1);
        _next = (_next + 1) % CountMax;
    }

    /// <summary>An event is what Mixpanel takes for one: name, time and insert id together. 128 bits do not collide.</summary>
    private static UInt128 Key(string lane, TrackedEvent e)
    {
        // Lengths apart, so that no two events look alike.
        Span<int> parts = [lane.Length, e.Name.Length, e.InsertId!.Length];
        var size = sizeof(long) + parts.Length * sizeof(int) + (lane.Length + e.Name.Length + e.InsertId.Length) * sizeof(char);
        var bytes = size <= StackMax ? stackalloc byte[size] : new byte[size];
        var rest = bytes;
        Append(ref rest, MemoryMarshal.AsBytes([e.TimeMs ?? 0]));
        Append(ref rest, MemoryMarshal.AsBytes(parts));
        Append(ref rest, MemoryMarshal.AsBytes(lane.AsSpan()));
        Append(ref rest, MemoryMarshal.AsBytes(e.Name.AsSpan()));
        Append(ref rest, MemoryMarshal.AsBytes(e.InsertId.AsSpan()));
        return XxHash128.HashToUInt128(bytes);
    }

    private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> part)
    {
        part.CopyTo(rest);
        rest = rest[part.Length..];
    }
}
