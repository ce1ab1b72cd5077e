using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Where requests leave the process, except those to <see cref="MixpanelProject.PreviewEndpoint"/>, which do not.</summary>
internal sealed class MixpanelTransport : DelegatingHandler
{
    private static readonly string PreviewHost = new Uri(MixpanelProject.PreviewEndpoint).Host;

    private readonly HttpMessageInvoker _preview;

    public MixpanelTransport(PreviewProject preview)
        : base(Network()) => _preview = new HttpMessageInvoker(new PreviewHandler(preview));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri?.Host == PreviewHost
            ? _preview.SendAsync(request, cancellationToken)
            : base.SendAsync(request, cancellationToken);

    private static SocketsHttpHandler Network() => new()
    {
        // Connections end by themselves now and then, so that a change of Mixpanel's addresses is noticed.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        UseCookies = false,
        // A redirect would carry events and credentials to a place that nobody configured.
        AllowAutoRedirect = false,
    };

    protected override void Dispose(bool disposing)
    {
        if (disposing) _preview.Dispose();
        base.Dispose(disposing);
    }
}
