using System.Buffers.Binary;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Writes a gzip file (RFC 1952) out of parts that are compressed already, and single bytes between them.</summary>
internal ref struct GzipWriter(Stream stream)
{
    /// <summary>Method DEFLATE, no flags, no time, fastest, of an unknown system.</summary>
    private static ReadOnlySpan<byte> Header => [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 0xFF];

    /// <summary>The last block, and in it nothing.</summary>
    private static ReadOnlySpan<byte> LastBlock => [3, 0];

    private uint _sum;
    private uint _length;

    public readonly void Begin() => stream.Write(Header);

    /// <summary>As a block that is stored as it is.</summary>
    public void Write(byte single)
    {
        stream.Write([0, 1, 0, 0xFE, 0xFF, single]);
        Count(Crc32.Of(single), 1);
    }

    public void Write(in CompressedEvents events)
    {
        stream.Write(events.Blocks);
        Count(events.Sum, events.Length);
    }

    public readonly void End()
    {
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _sum);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        stream.Write(LastBlock);
        stream.Write(trailer);
    }

    private void Count(uint sum, int length)
    {
        _sum = Crc32.Join(_sum, sum, length);
        _length += (uint)length;
    }
}
