using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Payloads that an engine stores compressed together, as they are going to be sent: events, and no change of a profile.
/// Not for two threads.</summary>
public sealed class OutboxPack
{
    private readonly int[] _ends;
    private byte[]? _plain;

    /// <param name="lengths">Of each payload: at least one.</param>
    /// <param name="sum">CRC-32 of the payloads with a comma between each two.</param>
    /// <param name="blocks">The same, compressed.</param>
    public OutboxPack(ReadOnlySpan<int> lengths, uint sum, ArraySegment<byte> blocks)
    {
        _ends = new int[lengths.Length];
        for (int i = 0, end = -1; i < _ends.Length; i++) _ends[i] = end += 1 + lengths[i];
        Events = new CompressedEvents(_ends.Length, _ends[^1], sum, blocks);
    }

    public CompressedEvents Events { get; }

    /// <summary>The payload at this place; the first that is asked for decompresses them all.</summary>
    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            _plain ??= Events.Decompress();
            var start = index == 0 ? 0 : _ends[index - 1] + 1;
            return _plain.AsMemory(start, _ends[index] - start);
        }
    }
}
