using System.Runtime.InteropServices;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// Bodies of segments that this silo has stored and is about to deliver: what waits, and how much of it, is read from the database,
/// but not the bytes that were written there a moment ago. For any number of threads.
/// </summary>
internal sealed class RecentBodies(TimeProvider clock)
{
    /// <summary>What is kept; beyond it the oldest go. While Mixpanel is away that is nearly all of them.</summary>
    public const int BytesMax = 16 << 20;

    /// <summary>How many are kept, for the same end.</summary>
    private const int BodiesMax = 8_192;

    /// <summary>A shard that was not read here for so long is delivered by another silo, or has nothing to deliver.</summary>
    private static readonly TimeSpan ReadHereFor = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, ShardBodies> _shards = [];
    private readonly Queue<(ShardBodies Of, long Position)> _oldest = [];
    private long _bytes;

    /// <summary>What is known of a shard, to be read now.</summary>
    /// <returns>Positions of segments, and of each its body.</returns>
    public Dictionary<long, byte[]> Of(string shard)
    {
        lock (_shards)
        {
            var bodies = CollectionsMarshal.GetValueRefOrAddDefault(_shards, shard, out _) ??= new ShardBodies();
            bodies.ReadAt = clock.GetTimestamp();
            return new(bodies.ByPosition);
        }
    }

    /// <summary>To be called once the segment is committed.</summary>
    public void Add(string shard, long position, byte[] body)
    {
        lock (_shards)
        {
            if (!_shards.TryGetValue(shard, out var bodies) || clock.GetElapsedTime(bodies.ReadAt) > ReadHereFor) return;
            bodies.ByPosition[position] = body;
            _oldest.Enqueue((bodies, position));
            _bytes += body.Length;
            // Those that were removed are still in the queue, but weigh nothing.
            while (_bytes > BytesMax || _oldest.Count > BodiesMax)
            {
                var (of, oldest) = _oldest.Dequeue();
                Remove(of, oldest);
            }
        }
    }

    /// <summary>To be called once these events are gone; with them go the segments that had them.</summary>
    /// <returns>How many segments that is.</returns>
    public int Remove(string shard, IReadOnlyList<long> events)
    {
        var segments = 0;
        lock (_shards)
        {
            var bodies = _shards.GetValueOrDefault(shard);
            var last = -1L;
            foreach (var position in events)
            {
                if (position / SegmentWriter.EventsMax == last) continue;
                last = position / SegmentWriter.EventsMax;
                segments++;
                if (bodies is not null) Remove(bodies, last);
            }
        }

        return segments;
    }

    /// <summary>To be called with what was read of a shard, and what was known before: what should have been there and was not is gone,
    /// moved or erased by whomever.</summary>
    /// <param name="read">Positions from the shard's beginning, ascending; empty: the shard is.</param>
    public void Keep(string shard, IEnumerable<long> known, IReadOnlyCollection<long> read)
    {
        var last = read.Count == 0 ? long.MaxValue : read.Max();
        lock (_shards)
        {
            if (!_shards.TryGetValue(shard, out var bodies)) return;
            foreach (var position in known.Where(position => position <= last).Except(read)) Remove(bodies, position);
        }
    }

    /// <summary>To be called when the connection was lost: whatever the database has from now on is not what it had.</summary>
    public void Clear()
    {
        lock (_shards)
        {
            foreach (var bodies in _shards.Values) bodies.ByPosition.Clear();
            _oldest.Clear();
            _bytes = 0;
        }
    }

    private void Remove(ShardBodies bodies, long position)
    {
        if (bodies.ByPosition.Remove(position, out var body)) _bytes -= body.Length;
    }

    private sealed class ShardBodies
    {
        public Dictionary<long, byte[]> ByPosition { get; } = [];

        public long ReadAt { get; set; }
    }
}
