using System.Net;
using System.Net.Http.Headers;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>
/// A batch as <c>/import</c> takes it: the events as one JSON array, gzipped. Compressed before it is sent, not while, so that
/// the request has a length: chunked requests are the sort of thing that proxies on the way refuse.
/// </summary>
internal sealed class ImportContent : HttpContent
{
    // JSON events compress to less than a quarter; what does not fit grows.
    private const int ExpectedRatio = 4;
    private const int CapacityMin = 4 << 10;

    private readonly PooledBuffer _body;

    public ImportContent(ImportBatch batch)
    {
        _body = new PooledBuffer(Math.Max(CapacityMin, (int)(batch.Bytes / ExpectedRatio)));
        batch.WriteTo(_body);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
        Headers.ContentEncoding.Add("gzip");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
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
