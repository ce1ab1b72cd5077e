using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Web;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>The HTTP side over fake grains, on a real Kestrel: raw targets, cookies and headers are what is tested.</summary>
internal sealed class WebHostFixture : IAsyncDisposable
{
    public const string PageOrigin = "https://www.news.test";

    /// <summary>Two clients of one project each; <c>partner</c> may be included across sites.</summary>
    private static readonly Dictionary<string, string?> TwoClients = new()
    {
        ["Projects:news:Token"] = "t1",
        ["Projects:shop:Token"] = "t2",
        ["Clients:news:Name"] = "The News",
        ["Clients:news:Secret"] = "news-secret",
        ["Clients:news:SignSecret"] = "news-sign-secret",
        ["Clients:news:Project"] = "news",
        ["Clients:news:Origins:0"] = PageOrigin,
        ["Clients:partner:Secret"] = "partner-secret",
        ["Clients:partner:Project"] = "shop",
        ["Clients:partner:Origins:0"] = "https://partner.test",
        ["Clients:partner:AllowCrossSite"] = "true",
    };

    private readonly WebApplication _app;

    private WebHostFixture(WebApplication app, FakeGrains grains)
    {
        _app = app;
        Grains = grains;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(app.Urls.First()),
            Timeout = TimeSpan.FromSeconds(20),
        };
    }

    public FakeGrains Grains { get; }

    public HttpClient Http { get; }

    public string Origin => Http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public IServiceProvider Services => _app.Services;

    public static Task<WebHostFixture> StartAsync(params (string Key, string Value)[] more) => StartAsync(TwoClients, more);

    public static Task<WebHostFixture> StartDemoAsync() => StartAsync([], []);

    /// <summary>One of the two hosts with the two clients.</summary>
    public static Task<WebHostFixture> StartHostAsync(
        bool isFacade, (string Key, string Value)[]? more = null, Action<IServiceCollection>? configure = null, bool isReachable = false) =>
        StartAsync(TwoClients, more ?? [], configure, isFacade, isReachable);

    public static async Task<WebHostFixture> StartAsync(
        Dictionary<string, string?> configuration, (string Key, string Value)[] more, Action<IServiceCollection>? configure = null, bool isFacade = false,
        bool isReachable = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(configuration)
            .AddInMemoryCollection(more.Select(pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value)));
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var grains = new FakeGrains();
        builder.Services.AddSingleton<IGrainFactory>(grains);
        builder.Services.AddSingleton<IIntake>(grains);
        var settings = SpidSettings.Read(builder.Configuration) with { ListensBeyondLoopback = isReachable };
        if (isFacade)
        {
            builder.Services.AddSpidFacade(settings);
        }
        else
        {
            builder.Services.AddSingleton<ISettingStore, OneKey>();
            builder.Services.AddMixpanel();
            builder.Services.AddSpidWeb(settings);
        }

        configure?.Invoke(builder.Services);
        var app = builder.Build();
        if (isFacade) app.MapSpidFacade();
        else app.MapSpidWeb();
        await app.StartAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return new WebHostFixture(app, grains);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>As the client <c>news</c>, unless told otherwise.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string? credentials = "news:news-secret")
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (credentials is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        return Http.SendAsync(request);
    }

    /// <summary>A request of a browser: headers as given, no credentials.</summary>
    public Task<HttpResponseMessage> BrowseAsync(HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            if (value.Length > 0) request.Headers.TryAddWithoutValidation(name, value);
        }

        return Http.SendAsync(request);
    }

    /// <summary>Sends a request line that no client library would send; answers the status and the body.</summary>
    public async Task<(int Status, string Body)> SendRawAsync(string methodAndTarget, bool withCredentials = true)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Http.BaseAddress!.Port, timeout.Token);
        var credentials = withCredentials ? $"Authorization: Basic {Convert.ToBase64String("news:news-secret"u8)}\r\n" : "";
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{methodAndTarget} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credentials}Connection: close\r\n\r\n"), timeout.Token);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(timeout.Token);
        return (int.Parse(answer.AsSpan(9, 3)), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    private sealed class OneKey : ISettingStore
    {
        private byte[]? _value;

        public Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken) =>
            Task.FromResult(_value ??= create());
    }
}

internal static class Answers
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsByteArrayAsync());

    /// <summary>Asserts that the answer is a whole problem of this status, and gives it.</summary>
    public static async Task<JsonElement> ProblemAsync(this HttpResponseMessage response, int status)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        return problem;
    }

    /// <summary>The value that the answer sets for the visitor cookie; null if it sets none.</summary>
    public static string? VisitorCookie(this HttpResponseMessage response) =>
        SetCookie(response)?.Split(';')[0]["SPID_VISITOR=".Length..];

    public static string? SetCookie(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? values.Single(value => value.StartsWith("SPID_VISITOR=", StringComparison.Ordinal)) : null;

    /// <summary>The object that a session script hands to the SDK.</summary>
    public static async Task<JsonElement> ScriptAsync(this HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var script = await response.Content.ReadAsStringAsync();
        var start = script.LastIndexOf("})(", StringComparison.Ordinal) + 3;
        return JsonElement.Parse(script[start..script.LastIndexOf(");", StringComparison.Ordinal)]);
    }
}
