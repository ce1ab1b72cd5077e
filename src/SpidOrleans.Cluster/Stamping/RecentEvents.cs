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
    /// <summary>Remembered per grain: 16 bytes each and as much again for the look-up, so 8 KB for the busiest.</summary>
    public const int CountMax = 256;

    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = [];

    /// <summary>The events that are neither remembered nor a repeat within the call.</summary>
    /// <param name="lane">What the events have in common that makes the same tuple another event elsewhere: the project, and
    /// the visitor they come from.</param>
    public ImmutableArray<TrackedEvent> Unknown(string lane, ImmutableArray<TrackedEvent> events)
    {
        // Nearly always one event that nobody sent before: no allocation then.
        if (events.Length == 1) return events[0].InsertId is not null && _known.Contains(Key(lane, events[0])) ? [] : events;

        HashSet<UInt128>? seen = null;
        return events.RemoveAll(e =>
        {
            if (e.InsertId is null) return false;
            var key = Key(lane, e);
            return _known.Contains(key) || !(seen ??= []).Add(key);
        });
    }

    /// <summary>To be called only once the events are durable.</summary>
    public void Add(string lane, ImmutableArray<TrackedEvent> events)
    {
        foreach (var e in events)
        {
            if (e.InsertId is null || Key(lane, e) is var key && !_known.Add(key)) continue;
            _order.Enqueue(key);
            if (_order.Count > CountMax) _known.Remove(_order.Dequeue());
        }
    }

    /// <summary>An event is what Mixpanel takes for one: name, time and insert id together. 128 bits do not collide.</summary>
    private static UInt128 Key(string lane, TrackedEvent e)
    {
        var hash = new XxHash128(e.TimeMs ?? 0);
        hash.Append(MemoryMarshal.AsBytes(lane.AsSpan()));
        hash.Append([0]);
        hash.Append(MemoryMarshal.AsBytes(e.Name.AsSpan()));
        hash.Append([0]);
        hash.Append(MemoryMarshal.AsBytes(e.InsertId.AsSpan()));
        return hash.GetCurrentHashAsUInt128();
    }
}
