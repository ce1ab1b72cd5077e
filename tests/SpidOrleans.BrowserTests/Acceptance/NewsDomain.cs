using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>
/// A site as SPiD's customers have it, under TLS: pages at <c>www.news.test</c>, the real host at <c>id.news.test</c> and
/// <c>session.id.news.test</c> behind a proxy that ends TLS, and somebody else's site at <c>www.evil.test</c>.
/// </summary>
public sealed class NewsDomain : IAsyncLifetime
{
    public const string SignSecret = "news-sign-secret";

    /// <summary>Below it, the site itself hands requests on to the real host, without it.</summary>
    public const string SessionPath = "/account";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false });
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _proxy;
    private int _port;

    public SiloProcess Silo { get; private set; } = null!;

    public MixpanelStandIn Mixpanel { get; private set; } = null!;

    /// <summary>Host and path of whatever came for the real host, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Changes the real host's answer to the next request of this path.</summary>
    public ConcurrentDictionary<string, Func<byte[], (int Status, byte[] Body)>> Meddling { get; } = [];

    /// <summary>What happens to the next requests to <c>/v1/collect</c>, one each, in order.</summary>
    public ConcurrentQueue<CollectTrouble> Troubles { get; } = [];

    /// <summary>Ends when a request is being held (<see cref="CollectTrouble.HoldAnswer"/>); the real host has stored its events.</summary>
    public Task Held => _held.Task;

    public string Origin(string host) => $"https://{host}:{_port}";

    public async ValueTask InitializeAsync()
    {
        Mixpanel = await MixpanelStandIn.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(CreateCertificate())));
        _proxy = builder.Build();
        _proxy.Run(ServeAsync);
        await _proxy.StartAsync();
        _port = new Uri(_proxy.Urls.Single()).Port;
        Silo = await SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = Mixpanel.Endpoint,
            More = new Dictionary<string, string>
            {
                ["Clients:news:SignSecret"] = SignSecret,
                ["Clients:news:Origins:0"] = Origin("www.news.test"),
                ["Clients:news:Origins:1"] = Origin("www.partner.test"),
                ["Clients:news:RedirectUris:0"] = Origin("www.news.test") + "/page",
                ["Session:CookieDomain"] = "news.test",
                ["Proxies:0"] = "127.0.0.1",
                ["Entitlements:1042:Users:0"] = "1844813",
                ["Entitlements:2000:Subscribers:0"] = "1844813",
                ["Entitlements:2000:SubscriptionId"] = "99",
            },
            Report = output => TestContext.Current.SendDiagnosticMessage(output),
        });
    }

    public void Forget() => _requests.Clear();

    /// <summary>Waits until Mixpanel has such an event.</summary>
    public async Task<Arrival> WaitForArrivalAsync(Func<Arrival, bool> isIt)
    {
        var deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(30);
        while (true)
        {
            var arrivals = Mixpanel.Arrivals.Snapshot();
            if (arrivals.FirstOrDefault(isIt) is { } found) return found;
            await Mixpanel.Arrivals.WaitForCountAsync(arrivals.Count + 1, deadline - TimeProvider.System.GetUtcNow());
        }
    }

    private static System.Net.Http.Headers.AuthenticationHeaderValue Credentials { get; } =
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}")));

    /// <summary>As the site's back end.</summary>
    public async Task<string> SignInAsync(string visitor, string user, string how = "login", string more = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Silo.Address, $"/v1/visitors/{visitor}/{how}"))
        {
            Content = new StringContent($$"""{"userId":"{{user}}"{{more}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = Credentials;
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    public async Task EraseAsync(string visitor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri(Silo.Address, "/v1/visitors/" + visitor));
        request.Headers.Authorization = Credentials;
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (Silo is not null) await Silo.DisposeAsync();
        if (_proxy is not null)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _proxy.StopAsync(limit.Token);
            await _proxy.DisposeAsync();
        }

        if (Mixpanel is not null) await Mixpanel.DisposeAsync();
        _http.Dispose();
    }

    private Task ServeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Host.Host is "id.news.test" or "session.id.news.test") return ForwardAsync(context, request.Path);
        return request.Host.Host == "www.news.test" && request.Path.StartsWithSegments(SessionPath, out var rest)
            ? ForwardAsync(context, rest)
            : ServePageAsync(context);
    }

    private static async Task ServePageAsync(HttpContext context)
    {
        if (context.Request.Path == "/favicon.ico")
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (context.Request.Path.Value!.EndsWith(".js", StringComparison.Ordinal))
        {
            context.Response.ContentType = "text/javascript";
            var name = context.Request.Path.Value[1..];
            await context.Response.WriteAsync(name switch
            {
                "old-sdks.js" or "account-sdks.js" => await ReadOwnAsync(name),
                MixpanelJs.Path => await MixpanelJs.Package.ReadAsync(),
                _ => await AccountSdk.ReadAsync(Path.GetFileNameWithoutExtension(name)),
            });
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        var script = context.Request.Path == "/bare" ? "" : "<script src=\"/old-sdks.js\"></script>";
        await context.Response.WriteAsync("<!doctype html><title>News</title>" + script);
    }

    private async Task ForwardAsync(HttpContext context, PathString path)
    {
        var request = context.Request;
        _requests.Enqueue(request.Host.Host + request.Path);
        CollectTrouble? trouble = null;
        if (path == "/v1/collect") Troubles.TryDequeue(out trouble);
        if (trouble is CollectTrouble.Refuse refusal)
        {
            context.Response.Headers.AccessControlAllowOrigin = request.Headers.Origin;
            context.Response.Headers.AccessControlAllowCredentials = "true";
            context.Response.StatusCode = refusal.Status;
            return;
        }

        using var forwarded = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(Silo.Address, path + request.QueryString));
        if (HttpMethods.IsPost(request.Method)) forwarded.Content = new StreamContent(request.Body);
        foreach (var (name, values) in request.Headers)
        {
            if (name.StartsWith(':') || forwarded.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) continue;
            forwarded.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        forwarded.Headers.Host = request.Host.Value;
        forwarded.Headers.Add("X-Forwarded-Proto", request.Scheme);
        using var answer = await _http.SendAsync(forwarded, context.RequestAborted);
        var body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Content-Length" or "Date" or "Connection")) response.Headers.Append(name, values.ToArray());
        }

        if (trouble is CollectTrouble.HoldAnswer)
        {
            _held.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (trouble is not null)
        {
            context.Abort();
            return;
        }

        if (Meddling.TryRemove(path, out var meddle)) (response.StatusCode, body) = meddle(body);
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static async Task<string> ReadOwnAsync(string name)
    {
        await using var file = typeof(NewsDomain).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=news.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in new[] { "*.news.test", "*.id.news.test", "*.evil.test" }) names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var own = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), null);
    }
}
