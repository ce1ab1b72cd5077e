namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// Gathers what a commit appends into segments, as the columns of one statement. Segments and their events keep the order in
/// which a lane's events are added.
/// </summary>
internal sealed class SegmentWriter(Func<string, bool> isBehind)
{
    /// <summary>Bits of a segment's <c>live</c>.</summary>
    public const int EventsMax = 64;

    /// <summary>Payload bytes of a segment, unless a single event has more: compressed they fit into a page, and what does not is
    /// cut into pieces that have an index of their own.</summary>
    public const int BytesMax = 20 << 10;

    private readonly Dictionary<string, List<(SegmentEvent Event, int Owner)>> _open = [];
    private readonly List<string> _shards = [];
    private readonly List<bool> _indexed = [];
    private readonly List<short> _events = [];
    private readonly List<int> _bytes = [];
    private readonly List<int> _firsts = [];
    private readonly List<byte[]> _bodies = [];
    private readonly List<long> _lanes = [];
    private readonly List<long> _times = [];
    private readonly List<int> _owners = [];

    /// <param name="owner">A number that the statement knows the event's lane by.</param>
    public void Add(string shard, SegmentEvent item, int owner = 0)
    {
        if (!_open.TryGetValue(shard, out var open)) _open[shard] = open = [];
        open.Add((item, owner));
    }

    public Columns Finish()
    {
        Span<SegmentEvent> segment = new SegmentEvent[EventsMax];
        foreach (var (shard, open) in _open)
        {
            int count = 0, bytes = 0;
            foreach (var (item, owner) in open)
            {
                if (count == EventsMax || count > 0 && bytes + item.Payload.Length > BytesMax) Close(segment[..count], ref count, ref bytes);
                segment[count++] = item;
                bytes += item.Payload.Length;
                _owners.Add(owner);
            }

            Close(segment[..count], ref count, ref bytes);

            void Close(Span<SegmentEvent> events, ref int count, ref int bytes)
            {
                Span<long> lanes = stackalloc long[EventsMax];
                _bodies.Add(SegmentBody.Write(events, lanes));
                _shards.Add(shard);
                _indexed.Add(isBehind(shard));
                _events.Add((short)events.Length);
                _bytes.Add(bytes);
                _firsts.Add(_lanes.Count + 1);
                _lanes.AddRange(lanes[..events.Length]);
                foreach (var item in events) _times.Add(item.TimeMs);
                (count, bytes) = (0, 0);
            }
        }

        return new(
            [.. _shards], [.. _indexed], [.. _events], [.. _bytes], [.. _firsts], [.. _bodies], [.. _lanes], [.. _times], [.. _owners]);
    }

    /// <summary>Of each segment: its shard, whether it gets an index, how many events, their payloads' bytes, the place of the
    /// first among the events (from 1), the body. Of each event: lane, time, owner.</summary>
    internal sealed record Columns(
        string[] Shards, bool[] Indexed, short[] Events, int[] Bytes, int[] Firsts, byte[][] Bodies, long[] Lanes, long[] Times, int[] Owners);
}
