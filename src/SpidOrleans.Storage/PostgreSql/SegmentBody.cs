using System.Buffers.Binary;
using System.Text;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>A segment's events as bytes: a table of lengths, the identities, the payloads.</summary>
internal static class SegmentBody
{
    /// <summary>Per event: the identity's length and the payload's.</summary>
    private const int EntryBytes = sizeof(ushort) + sizeof(int);

    /// <param name="lanes">Gets the lane of each event.</param>
    public static byte[] Write(ReadOnlySpan<SegmentEvent> events, Span<long> lanes)
    {
        var size = events.Length * EntryBytes;
        foreach (var item in events) size += Encoding.UTF8.GetByteCount(item.Identity) + item.Payload.Length;

        var body = GC.AllocateUninitializedArray<byte>(size);
        var rest = body.AsSpan(events.Length * EntryBytes);
        for (var i = 0; i < events.Length; i++)
        {
            var entry = body.AsSpan(i * EntryBytes, EntryBytes);
            var length = Encoding.UTF8.GetBytes(events[i].Identity, rest);
            lanes[i] = LaneOf(rest[..length]);
            BinaryPrimitives.WriteUInt16BigEndian(entry, (ushort)length);
            BinaryPrimitives.WriteInt32BigEndian(entry[sizeof(ushort)..], events[i].Payload.Length);
            rest = rest[length..];
        }

        foreach (var item in events)
        {
            item.Payload.Span.CopyTo(rest);
            rest = rest[item.Payload.Length..];
        }

        return body;
    }

    /// <summary>The payloads, which refer to the body.</summary>
    public static Payloads PayloadsOf(byte[] body, int events) => new(body, events);

    /// <summary>Identity and payload of one event; its time is stored apart.</summary>
    public static (string Identity, ReadOnlyMemory<byte> Payload) Read(byte[] body, int events, int index)
    {
        var identity = events * EntryBytes;
        for (var i = 0; i < index; i++) identity += IdentityLength(body, i);
        var payloads = PayloadsOf(body, events);
        for (var i = 0; i <= index; i++) payloads.MoveNext();
        return (Encoding.UTF8.GetString(body, identity, IdentityLength(body, index)), payloads.Current);
    }

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

    private static int IdentityLength(byte[] body, int index) => BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(index * EntryBytes));

    private static int PayloadLength(byte[] body, int index) => BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(index * EntryBytes + sizeof(ushort)));

    /// <summary>Goes from payload to payload.</summary>
    internal struct Payloads
    {
        private readonly byte[] _body;
        private int _next;
        private int _at;

        public Payloads(byte[] body, int events)
        {
            _body = body;
            _at = events * EntryBytes;
            for (var i = 0; i < events; i++) _at += IdentityLength(body, i);
        }

        public ReadOnlyMemory<byte> Current { get; private set; }

        public void MoveNext()
        {
            var length = PayloadLength(_body, _next++);
            Current = _body.AsMemory(_at, length);
            _at += length;
        }
    }
}
