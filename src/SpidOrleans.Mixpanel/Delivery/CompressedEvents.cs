using System.Buffers.Binary;
using System.IO.Compression;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>
/// Events compressed once, ahead of their sending: DEFLATE blocks (RFC 1951) that end at a byte's boundary, are not the last and
/// refer to nothing before them, so that they can be part of any batch as they are.
/// </summary>
/// <param name="Count">Events: at least one.</param>
/// <param name="Length">Bytes of the events with a comma between each two.</param>
/// <param name="Sum">CRC-32 of the same.</param>
/// <param name="Blocks">The same, compressed.</param>
public readonly record struct CompressedEvents(int Count, int Length, uint Sum, ArraySegment<byte> Blocks)
{
    private const int HeaderBytes = 10;
    private const int TrailerBytes = 8;

    /// <param name="events">Each one whole JSON object in UTF-8.</param>
    public static CompressedEvents Compress(ReadOnlySpan<ReadOnlyMemory<byte>> events)
    {
        var length = events.Length - 1;
        foreach (var item in events) length += item.Length;
        using var buffer = new PooledBuffer(length / 2 + 64);
        int end;
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var index = 0; index < events.Length; index++)
            {
                if (index > 0) gzip.Write(","u8);
                gzip.Write(events[index].Span);
            }

            gzip.Flush();
            end = (int)buffer.Length;
        }

        // What follows is the end of a file that nobody wants, but for its sum.
        var written = buffer.Written;
        var sum = BinaryPrimitives.ReadUInt32LittleEndian(written.Span[^TrailerBytes..]);
        return new CompressedEvents(events.Length, length, sum, written[HeaderBytes..end].ToArray());
    }

    /// <summary>The events with a comma between each two.</summary>
    /// <exception cref="InvalidDataException">The blocks are damaged.</exception>
    public byte[] Decompress()
    {
        var events = GC.AllocateUninitializedArray<byte>(Length);
        using var inflate = new DeflateStream(new MemoryStream(Blocks.Array!, Blocks.Offset, Blocks.Count), CompressionMode.Decompress);
        if (inflate.ReadAtLeast(events, Length, throwOnEndOfStream: false) < Length) throw new InvalidDataException("compressed events end too early");
        return events;
    }
}
