using System.Net;
using System.Net.Http.Headers;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Changes of profiles as <c>/engage</c> takes them: one JSON array, not compressed, which it would refuse, and the project's
/// token in each.</summary>
internal sealed class EngageContent : HttpContent
{
    private readonly PooledBuffer _body;

    /// <param name="changes">Each one whole JSON object in UTF-8 with at least one member.</param>
    /// <param name="tokenMember"><c>"$token":"…",</c></param>
    /// <param name="bytes">What the array comes to.</param>
    public EngageContent(IReadOnlyList<ReadOnlyMemory<byte>> changes, byte[] tokenMember, int bytes)
    {
        _body = new PooledBuffer(bytes);
        for (var index = 0; index < changes.Count; index++)
        {
            _body.Write(index == 0 ? "["u8 : ","u8);
            _body.Write("{"u8);
            _body.Write(tokenMember);
            _body.Write(changes[index].Span[1..]);
        }

        _body.Write("]"u8);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_body.Written, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _body.Dispose();
        base.Dispose(disposing);
    }
}
