using System.Runtime.InteropServices;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Events for one request, in their order: one by one, or as many as were compressed together. Not for two threads.</summary>
public sealed class ImportBatch
{
    private readonly List<CompressedEvents> _parts = [];
    private readonly List<ReadOnlyMemory<byte>> _single = [];
    private long _singleBytes;
    private long _partBytes;
    private int _partCount;

    /// <summary>How many events it has.</summary>
    public int Count => _partCount + _single.Count;

    /// <summary>What they come to as a JSON array, uncompressed: the events, a comma between each two, two brackets.</summary>
    public long Bytes => _partBytes + _singleBytes + 1;

    /// <summary>Compressed with its neighbours, when they are sent.</summary>
    /// <param name="item">One whole JSON object in UTF-8; left alone until the batch is sent.</param>
    public void Add(ReadOnlyMemory<byte> item)
    {
        _single.Add(item);
        _singleBytes += item.Length + 1;
    }

    /// <param name="events">Go out as they are.</param>
    public void Add(in CompressedEvents events)
    {
        CompressSingle();
        AddPart(events);
    }

    /// <summary>The events as one JSON array, gzipped.</summary>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        CompressSingle();
        var gzip = new GzipWriter(stream);
        gzip.Begin();
        for (var index = 0; index < _parts.Count; index++)
        {
            gzip.Write(index == 0 ? (byte)'[' : (byte)',');
            gzip.Write(_parts[index]);
        }

        gzip.Write((byte)']');
        gzip.End();
    }

    private void CompressSingle()
    {
        if (_single.Count == 0) return;
        var part = CompressedEvents.Compress(CollectionsMarshal.AsSpan(_single));
        _single.Clear();
        _singleBytes = 0;
        AddPart(part);
    }

    private void AddPart(in CompressedEvents part)
    {
        _parts.Add(part);
        _partCount += part.Count;
        _partBytes += part.Length + 1L;
    }
}
