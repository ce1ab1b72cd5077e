using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.BrowserTests.Console;

/// <summary>The real silo with a password, and two projects: one that fares well, and one that Mixpanel refuses everything of.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    public const string Password = "at three in the morning";

    private SiloProcess? _silo;

    public Uri Address => _silo!.Address;

    public MixpanelStandIn StandIn { get; private set; } = null!;

    /// <summary>Without the password.</summary>
    public HttpClient Http { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        StandIn = await MixpanelStandIn.StartAsync(new FaultQueue(TestClient.Shop.Token).ThenAlways(new Fault.ServerError(503)));
        StandIn.Poison = arrival => arrival.Json.Contains("\"poison\"", StringComparison.Ordinal) ? "'poison' <b>is</b> poison" : null;
        _silo = await SiloProcess.StartAsync(new SiloSettings
        {
            Clients = [TestClient.News, TestClient.Shop],
            Mixpanel = StandIn.Endpoint,
            More = new Dictionary<string, string> { ["Console:Password"] = Password, ["Console:Dashboard"] = "true" },
            Report = output => TestContext.Current.SendDiagnosticMessage(output),
        });
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(20) };
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_silo is not null) await _silo.DisposeAsync();
        if (StandIn is not null) await StandIn.DisposeAsync();
    }

    /// <summary>As the client's back end; the answer is an acknowledgement.</summary>
    public async Task SendAsync(TestClient client, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = Basic(client.ClientId, client.Secret);
        using var answer = await Http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public Task TrackAsync(TestClient client, string visitor, string name, string? insertId = null, object? properties = null) => SendAsync(client, "/v1/events", new
    {
        events = new[] { insertId is null ? (object)new { @event = name, visitorId = visitor, properties } : new { @event = name, visitorId = visitor, insertId, time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), properties } },
    });

    public static AuthenticationHeaderValue Basic(string name, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")));
}
