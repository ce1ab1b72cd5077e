using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>Where requests leave the process, through their project's proxy if it has one; except those to
/// <see cref="MixpanelProject.PreviewEndpoint"/>, which do not.</summary>
internal sealed class MixpanelTransport : DelegatingHandler
{
    private static readonly string PreviewHost = new Uri(MixpanelProject.PreviewEndpoint).Host;

    private readonly HttpMessageInvoker _preview;

    // Bounded by the projects that are configured.
    private readonly ConcurrentDictionary<Uri, Lazy<HttpMessageInvoker>> _proxies = new();

    public MixpanelTransport(PreviewProject preview)
        : base(Network()) => _preview = new HttpMessageInvoker(new PreviewHandler(preview));

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri?.Host == PreviewHost
            ? _preview.SendAsync(request, cancellationToken)
            : request.Options.TryGetValue(MixpanelClient.ProjectOption, out var project) && project.Proxy is { } proxy
                ? _proxies.GetOrAdd(proxy, static proxy => new(() => new HttpMessageInvoker(Network(proxy)))).Value.SendAsync(request, cancellationToken)
                : base.SendAsync(request, cancellationToken);

    private static SocketsHttpHandler Network(Uri? proxy = null) => new()
    {
        Proxy = proxy is null ? null : new WebProxy(proxy) { Credentials = CredentialsOf(proxy) },
        // Connections end by themselves now and then, so that a change of Mixpanel's addresses is noticed.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        UseCookies = false,
        // A span of ours, whose id is nobody else's business.
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        // A redirect would carry events and credentials to a place that nobody configured.
        AllowAutoRedirect = false,
    };

    private static NetworkCredential? CredentialsOf(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0) return null;
        var parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _preview.Dispose();
            foreach (var proxy in _proxies.Values) proxy.Value.Dispose();
        }

        base.Dispose(disposing);
    }
}
