using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class DemoTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task TheDemoClient_OwnsTheAddressThatTheHostListensOn()
    {
        await using var host = await WebHostFixture.StartDemoAsync();

        var (cookie, _) = await VisitAsync(host);
        var body = new StringContent("""{"clientId":"demo","events":[{"event":"e","time":1795478807652,"insertId":"i-1"}]}""");
        var collected = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", body, cookie, ("Origin", host.Origin));
        var other = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js?client_id=demo&redirect_uri=http://127.0.0.1:1/&callback=f1", null);

        Assert.Equal(HttpStatusCode.Accepted, collected.StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await host.SendAsync(HttpMethod.Post, "/v1/visitors", null, "demo:demo-secret")).StatusCode);
        Assert.False((await other.ScriptAsync()).GetProperty("response").TryGetProperty("visitor", out _));
    }

    [Theory]
    [InlineData(false, "Login")]
    [InlineData(true, "Signup completed")]
    public async Task ADemoLogin_ActsForTheCookiesVisitorAndHandsOverItsSuccessorsCookie(bool registration, string eventName)
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var (cookie, uid) = await VisitAsync(host);
        var successor = VisitorId.New();
        host.Grains.Login = (_, _) => new LoginResult { Outcome = TrackOutcome.Stored, VisitorId = successor, Merged = 2 };

        var response = await PostAsync(host, "/demo/login", $$"""{"userId":"ann","registration":{{(registration ? "true" : "false")}}}""", cookie);

        Assert.Equal(
            $$"""{"visitorId":"{{successor}}","userId":"ann","merged":2,"rotated":true}""", await response.Content.ReadAsStringAsync());
        Assert.StartsWith(successor + ".", response.VisitorCookie(), StringComparison.Ordinal);
        var call = host.Grains.Calls.Single(call => call.Method == "Login");
        Assert.Equal("v:" + uid, call.Key);
        Assert.Equal(eventName, Assert.IsType<LoginRequest>(call.Argument).Event.Name);
        Assert.NotNull(((LoginRequest)call.Argument).BrowserKey);
        Assert.Equal(new EventSource { ClientName = "Demo", Project = "preview", ClientId = "demo" }, call.Source);
    }

    [Fact]
    public async Task ADemoLogout_HandsOverTheFreshVisitorsCookie()
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var (cookie, _) = await VisitAsync(host);
        var fresh = VisitorId.New();
        host.Grains.Logout = _ => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        var response = await PostAsync(host, "/demo/logout", "{}", cookie);

        Assert.Equal($$"""{"visitorId":"{{fresh}}"}""", await response.Content.ReadAsStringAsync());
        Assert.StartsWith(fresh + ".", response.VisitorCookie(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADemoEvent_IsTrackedAsTheSitesBackEndWould()
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var (cookie, uid) = await VisitAsync(host);

        var response = await PostAsync(host, "/demo/track", """{"event":"Bought"}""", cookie);

        Assert.Equal((HttpStatusCode.Accepted, """{"accepted":1}"""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        var call = host.Grains.Calls.Single();
        Assert.Equal(("v:" + uid, false, "Bought"), (call.Key, call.FromBrowser, call.Events.Single().Name));
    }

    [Theory]
    [InlineData("/demo/login", """{"userId":"null"}""", 400)]
    [InlineData("/demo/login", """{"userId":7}""", 400)]
    [InlineData("/demo/login", "null", 400)]
    [InlineData("/demo/track", """{"event":" "}""", 400)]
    [InlineData("/demo/track", """{"event":"\u0000"}""", 400)]
    [InlineData("/demo/track", """{"event":"\ud800"}""", 400)]
    [InlineData("/demo/track", "{}", 400)]
    [InlineData("/demo/track", "{", 400)]
    public async Task AnInvalidDemoCall_IsAProblem(string path, string body, int status)
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var (cookie, _) = await VisitAsync(host);

        await (await PostAsync(host, path, body, cookie)).ProblemAsync(status);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("/demo/login", """{"userId":"ann"}""")]
    [InlineData("/demo/logout", "{}")]
    [InlineData("/demo/track", """{"event":"e"}""")]
    public async Task TheDemo_ActsForItsOwnPageOnThisMachineOnly(string path, string body)
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var (cookie, _) = await VisitAsync(host);
        (string, string)[][] strangers =
        [
            [cookie],
            [cookie, ("Origin", "https://evil.test")],
            [cookie, ("Origin", host.Origin), ("Sec-Fetch-Site", "cross-site")],
            [cookie, ("Origin", host.Origin), ("Host", "evil.test")],
            [cookie, ("Origin", host.Origin), ("X-Forwarded-For", "192.0.2.1")],
        ];

        foreach (var headers in strangers)
        {
            var content = new StringContent(body, Encoding.UTF8, "application/json");
            await (await host.BrowseAsync(HttpMethod.Post, path, content, headers)).ProblemAsync(403);
        }

        await (await PostAsync(host, path, body)).ProblemAsync(401);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task ThePage_IsServedUnderAStrictPolicyWithEverythingItLoads()
    {
        await using var host = await WebHostFixture.StartDemoAsync();

        var page = await host.BrowseAsync(HttpMethod.Get, "/", null);
        var html = await page.Content.ReadAsStringAsync();

        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        foreach (var path in new[] { "/demo/demo.css", "/demo/demo.js", "/js/spid-sdk.js" })
        {
            Assert.Contains(path, html, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, path, null)).StatusCode);
        }
    }

    [Fact]
    public async Task ThePreview_ShowsWhatArrivedAndRingsWhenMoreDoes()
    {
        await using var host = await WebHostFixture.StartDemoAsync();
        var preview = host.Services.GetRequiredService<PreviewProject>();
        using var timeout = new CancellationTokenSource(Timeout);
        await using var stream = await host.Http.GetStreamAsync("/preview/changes", timeout.Token);
        using var changes = new StreamReader(stream);
        Assert.Equal("""data: {"version":0}""", await changes.ReadLineAsync(timeout.Token));
        Assert.Equal("", await changes.ReadLineAsync(timeout.Token));

        preview.Import(Encoding.UTF8.GetBytes(
            $$$"""[{"event":"e","properties":{"time":{{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}},"$insert_id":"i-1","$device_id":"d","a":1}}]"""));

        Assert.Equal($$"""data: {"version":{{preview.Version}}}""", await changes.ReadLineAsync(timeout.Token));
        var shown = await (await host.BrowseAsync(HttpMethod.Get, "/preview/events?limit=5", null)).JsonAsync();
        Assert.Equal(preview.Version, shown.GetProperty("version").GetInt64());
        var arrived = shown.GetProperty("events")[0];
        Assert.Equal(("e", "d", "$device:d", 1), (arrived.GetProperty("event").GetString(), arrived.GetProperty("deviceId").GetString(),
            arrived.GetProperty("person").GetString(), arrived.GetProperty("copies").GetInt32()));
        Assert.Equal(1, arrived.GetProperty("properties").GetProperty("a").GetInt32());
        foreach (var limit in new[] { "0", "x", "10001" })
            await (await host.BrowseAsync(HttpMethod.Get, "/preview/events?limit=" + limit, null)).ProblemAsync(400);
    }

    [Fact]
    public async Task WithAConfiguredClient_ThereIsNoDemo()
    {
        await using var host = await WebHostFixture.StartAsync();

        foreach (var path in new[] { "/", "/demo/demo.js", "/preview/events", "/preview/changes" })
            await (await host.BrowseAsync(HttpMethod.Get, path, null)).ProblemAsync(404);
        await (await PostAsync(host, "/demo/login", """{"userId":"ann"}""")).ProblemAsync(404);
        await (await host.SendAsync(HttpMethod.Post, "/v1/visitors", null, "demo:demo-secret")).ProblemAsync(401);
    }

    private static Task<((string, string) Cookie, string Uid)> VisitAsync(WebHostFixture host) =>
        SessionApiTests.VisitAsync(host, $"?client_id=demo&redirect_uri={Uri.EscapeDataString(host.Origin + "/")}&callback=f1", host.Origin + "/");

    private static Task<HttpResponseMessage> PostAsync(WebHostFixture host, string path, string body, params (string, string)[] headers) =>
        host.BrowseAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), [.. headers, ("Origin", host.Origin)]);
}
