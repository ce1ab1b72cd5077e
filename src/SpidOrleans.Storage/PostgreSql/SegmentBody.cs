using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>
/// A segment's events as bytes: a table of lengths, the identities, the payloads. Those of a large segment are compressed as they
/// are going to be sent: a mark before the table tells, and their sum stands before them.
/// </summary>
internal sealed class SegmentBody
{
    /// <summary>Payload bytes from which on compressing costs less than writing them twice, to the log and to the table.</summary>
    public const int CompressedFrom = 4 << 10;

    /// <summary>No table begins like this: identities are shorter.</summary>
    private const byte CompressedMark = 0xFF;

    /// <summary>Per event: the identity's length and the payload's.</summary>
    private const int EntryBytes = sizeof(ushort) + sizeof(int);

    private readonly byte[] _body;
    private readonly int _table;
    private readonly int[] _identities;
    private readonly int[] _payloads;

    /// <param name="body">As <see cref="Write"/> made it.</param>
    /// <param name="events">How many it has.</param>
    public SegmentBody(byte[] body, int events)
    {
        _body = body;
        _table = body[0] == CompressedMark ? 1 : 0;
        (_identities, _payloads) = (new int[events], new int[events]);
        var at = _table + events * EntryBytes;
        for (var i = 0; i < events; i++) at = (_identities[i] = at) + IdentityLength(i);
        if (_table == 1)
        {
            Pack = ReadPack(at);
            return;
        }

        for (var i = 0; i < events; i++) at = (_payloads[i] = at) + PayloadLength(i);
    }

    /// <summary>The payloads, if they are compressed.</summary>
    public OutboxPack? Pack { get; }

    public int Count => _identities.Length;

    /// <param name="lanes">Gets the lane of each event.</param>
    public static byte[] Write(ReadOnlySpan<SegmentEvent> events, Span<long> lanes)
    {
        int identities = 0, payloads = 0;
        var isCompressed = true;
        foreach (var item in events)
        {
            identities += SegmentIdentity.BytesMax(item.Identity);
            payloads += item.Payload.Length;
            // Changes of profiles are not sent with events.
            isCompressed &= OutboxPayload.KindOf(item.Payload.Span) == PayloadKind.Event;
        }

        isCompressed &= payloads >= CompressedFrom;
        CompressedEvents compressed = default;
        if (isCompressed)
        {
            compressed = CompressedEvents.Compress(PayloadsOf(events));
            payloads = sizeof(uint) + compressed.Blocks.Count;
        }

        var table = isCompressed ? 1 : 0;
        var buffer = ArrayPool<byte>.Shared.Rent(table + events.Length * EntryBytes + identities + payloads);
        try
        {
            buffer[0] = CompressedMark;
            var rest = WriteIdentities(events, lanes, buffer.AsSpan(table));
            if (isCompressed)
            {
                BinaryPrimitives.WriteUInt32BigEndian(rest, compressed.Sum);
                rest = rest[sizeof(uint)..];
                compressed.Blocks.AsSpan().CopyTo(rest);
                rest = rest[compressed.Blocks.Count..];
            }
            else
            {
                foreach (var item in events)
                {
                    item.Payload.Span.CopyTo(rest);
                    rest = rest[item.Payload.Length..];
                }
            }

            return buffer[..^rest.Length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public string Identity(int index) => SegmentIdentity.Read(IdentityBytes(index));

    /// <summary>True for the events of this identity.</summary>
    public bool IsOf(int index, SegmentIdentity identity) => identity.Is(IdentityBytes(index));

    public int PayloadLength(int index) => BinaryPrimitives.ReadInt32BigEndian(Entry(index)[sizeof(ushort)..]);

    /// <summary>Refers to the body, or to what is decompressed of it.</summary>
    public ReadOnlyMemory<byte> Payload(int index) => Pack is null ? _body.AsMemory(_payloads[index], PayloadLength(index)) : Pack[index];

    /// <summary>A lane's number: by it a segment tells whose events it has. Two identities may share one.</summary>
    public static long LaneOf(string identity)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(identity.Length) is <= 1_024 and var max ? max : 0];
        return utf8.IsEmpty ? LaneOf(Encoding.UTF8.GetBytes(identity)) : LaneOf(utf8[..Encoding.UTF8.GetBytes(identity, utf8)]);
    }

    /// <summary>FNV-1a, as the schema has it.</summary>
    private static long LaneOf(ReadOnlySpan<byte> identity)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in identity) hash = (hash ^ one) * 1099511628211UL;
        return (long)hash;
    }

    /// <returns>What follows them.</returns>
    private static Span<byte> WriteIdentities(ReadOnlySpan<SegmentEvent> events, Span<long> lanes, Span<byte> to)
    {
        var rest = to[(events.Length * EntryBytes)..];
        for (var i = 0; i < events.Length; i++)
        {
            var entry = to.Slice(i * EntryBytes, EntryBytes);
            var length = SegmentIdentity.Write(events[i].Identity, rest);
            lanes[i] = LaneOf(events[i].Identity);
            BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)length);
            BinaryPrimitives.WriteInt32BigEndian(entry[sizeof(ushort)..], events[i].Payload.Length);
            rest = rest[length..];
        }

        return rest;
    }

    private static ReadOnlyMemory<byte>[] PayloadsOf(ReadOnlySpan<SegmentEvent> events)
    {
        var payloads = new ReadOnlyMemory<byte>[events.Length];
        for (var i = 0; i < events.Length; i++) payloads[i] = events[i].Payload;
        return payloads;
    }

    private OutboxPack ReadPack(int at)
    {
        var lengths = new int[Count];
        for (var i = 0; i < Count; i++) lengths[i] = PayloadLength(i);
        var sum = BinaryPrimitives.ReadUInt32BigEndian(_body.AsSpan(at));
        return new OutboxPack(lengths, sum, new ArraySegment<byte>(_body)[(at + sizeof(uint))..]);
    }

    private ReadOnlySpan<byte> IdentityBytes(int index) => _body.AsSpan(_identities[index], IdentityLength(index));

    private int IdentityLength(int index) => BinaryPrimitives.ReadUInt16BigEndian(Entry(index));

    private ReadOnlySpan<byte> Entry(int index) => _body.AsSpan(_table + index * EntryBytes, EntryBytes);
}
