using System.Net;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class PrivacyApiTests
{
    private const string Visitor = "7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01";

    [Fact]
    public async Task Erasure_TellsWhatWent_AndLaterEventsAreForbidden()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Erasure = new ErasureResult { Outcome = TrackOutcome.Stored, Visitors = 2, Events = 3, DeadLetters = 4 };

        foreach (var path in new[] { "/v1/users/a%2Fb", "/v1/visitors/" + Visitor })
        {
            var answer = await host.SendAsync(HttpMethod.Delete, path);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal("""{"visitors":2,"events":3,"deadLetters":4}""", await answer.Content.ReadAsStringAsync());
            await (await host.SendAsync(HttpMethod.Delete, path, credentials: null)).ProblemAsync(401);
        }

        Assert.Equal(["u:a/b", "v:" + Visitor], host.Grains.Calls.Select(call => call.Key));
        host.Grains.Track = key => key == "u:gone" ? TrackOutcome.Erased : TrackOutcome.Stored;
        await (await host.SendAsync(HttpMethod.Post, "/v1/events", """[{"event":"a","userId":"gone"},{"event":"a","userId":"there"}]""")).ProblemAsync(403);
        host.Grains.Erasure = new ErasureResult { Outcome = TrackOutcome.Unavailable };
        await (await host.SendAsync(HttpMethod.Delete, "/v1/users/ann")).ProblemAsync(503);
        await (await host.SendAsync(HttpMethod.Delete, "/v1/visitors/x")).ProblemAsync(400);
    }

    [Fact]
    public async Task Consent_IsPutByItsFlag_AndEventsOfWhoRefusesAreNotCounted()
    {
        await using var host = await WebHostFixture.StartAsync();

        var put = await host.SendAsync(HttpMethod.Put, $"/v1/visitors/{Visitor}/consent", """{"tracking":false}""");
        Assert.Equal(("""{"tracking":false}""", HttpStatusCode.OK), (await put.Content.ReadAsStringAsync(), put.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Put, "/v1/users/ann/consent", """{"tracking":true}""")).StatusCode);
        Assert.Equal([("v:" + Visitor, false), ("u:ann", true)], host.Grains.Calls.Select(call => (call.Key, (bool)call.Argument!)));
        await (await host.SendAsync(HttpMethod.Put, "/v1/users/ann/consent", "{}")).ProblemAsync(400);
        await (await host.SendAsync(HttpMethod.Put, "/v1/users/ann/consent", """{"tracking":"no"}""")).ProblemAsync(400);

        host.Grains.Track = key => key == "u:ann" ? TrackOutcome.Discarded : TrackOutcome.Stored;
        foreach (var (events, accepted) in new[]
        {
            ("""[{"event":"a","userId":"ann"}]""", 0), ("""[{"event":"a","userId":"ann"},{"event":"b","userId":"bob"},{"event":"c","userId":"ann"}]""", 1),
        })
        {
            var answer = await host.SendAsync(HttpMethod.Post, "/v1/events", events);
            Assert.Equal((HttpStatusCode.Accepted, accepted), (answer.StatusCode, (await answer.JsonAsync()).GetProperty("accepted").GetInt32()));
        }
    }

    [Fact]
    public async Task Addresses_AreTruncatedBeforeAGrainSeesThem_WhereConfigured()
    {
        await using var host = await WebHostFixture.StartAsync(("Privacy:TruncateIp", "true"));
        foreach (var ip in new[] { "203.0.113.77", "2001:db8:1:2:3:4:5:6" })
            await host.SendAsync(HttpMethod.Post, "/v1/events", $$"""[{"event":"a","userId":"ann","ip":"{{ip}}"}]""");
        await host.SendAsync(HttpMethod.Post, $"/v1/visitors/{Visitor}/login", """{"userId":"ann","ip":"203.0.113.77"}""");

        Assert.Equal(["203.0.113.0", "2001:db8:1::"], host.Grains.Calls.Where(call => call.Method == "Track").Select(call => call.Events[0].Ip));
        Assert.Equal("203.0.113.0", ((SpidOrleans.Contracts.Visitors.LoginRequest)host.Grains.Calls.Last().Argument!).Event.Ip);
    }

    [Theory]
    [InlineData("Sec-GPC", "Privacy:HonourGlobalPrivacyControl", true)]
    [InlineData("DNT", "Privacy:HonourDoNotTrack", true)]
    [InlineData("DNT", "Privacy:HonourGlobalPrivacyControl", false)]
    public async Task ABrowsersSignal_IsHeededWhereConfigured(string header, string key, bool isHeeded)
    {
        await using var host = await WebHostFixture.StartAsync((key, "true"));
        var (cookie, _) = await SessionApiTests.VisitAsync(host);
        var time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var body = $$"""{"clientId":"news","events":[{"event":"a","time":{{time}},"insertId":"i"}]}""";

        var answer = await host.BrowseAsync(
            HttpMethod.Post, "/v1/collect", new StringContent(body), ("Origin", WebHostFixture.PageOrigin), cookie, (header, "1"));

        Assert.Equal((HttpStatusCode.Accepted, isHeeded ? 0 : 1), (answer.StatusCode, (await answer.JsonAsync()).GetProperty("accepted").GetInt32()));
        Assert.Equal(!isHeeded, host.Grains.Calls.Any(call => call.Method == "Track"));
    }

    /// <summary>The SDK asks anew at a 401, and keeps its queue at a 403.</summary>
    [Fact]
    public async Task AnErasedBrowser_IsToldToAskForAnotherVisitor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);
        host.Grains.Track = _ => TrackOutcome.Erased;
        host.Grains.SetOutcome = TrackOutcome.Erased;

        await (await PostAsync("/v1/collect", """{"clientId":"news","events":[{"event":"a","time":1795478807652,"insertId":"i"}]}""")).ProblemAsync(401);
        await (await PostAsync("/v1/collect/consent", """{"tracking":true}""")).ProblemAsync(401);

        Task<HttpResponseMessage> PostAsync(string path, string body) =>
            host.BrowseAsync(HttpMethod.Post, path, new StringContent(body), ("Origin", WebHostFixture.PageOrigin), cookie);
    }

    [Fact]
    public async Task ABrowsersConsent_IsOfItsCookieAlone_FromARegisteredOrigin()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(WebHostFixture.PageOrigin, cookie)).StatusCode);
        var call = host.Grains.Calls.Single(call => call.Method == "SetBrowsersConsent");
        Assert.Equal(false, call.Argument);
        Assert.NotNull(call.BrowserKey);
        await (await PostAsync(WebHostFixture.PageOrigin, ("Cookie", ""))).ProblemAsync(401);
        await (await PostAsync("https://elsewhere.test", cookie)).ProblemAsync(403);
        Assert.Single(host.Grains.Calls, call => call.Method == "SetBrowsersConsent");
        host.Grains.SetOutcome = TrackOutcome.Stranger;
        await (await PostAsync(WebHostFixture.PageOrigin, cookie)).ProblemAsync(401);

        Task<HttpResponseMessage> PostAsync(string origin, (string, string) own) => host.BrowseAsync(
            HttpMethod.Post, "/v1/collect/consent", new StringContent("""{"tracking":false}"""), ("Origin", origin), own);
    }

    [Fact]
    public async Task AUserWhoRefuses_IsNotToBeTrackedByThePageEither()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        foreach (var isRefused in new[] { false, true })
        {
            browser.Grains.IsTrackingRefused = isRefused;
            var script = await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync();
            var fetched = await (await browser.FetchAsync("/v2/session")).JsonAsync();

            Assert.Equal((!isRefused, !isRefused), (script.GetProperty("tracking").GetBoolean(), fetched.GetProperty("tracking").GetBoolean()));
        }
    }

    [Fact]
    public async Task AnExport_HasWhatIsKnown_AndTheEventsOfTheClientsProjectPageByPage()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.User = host.Grains.User with { Profile = new UserProfile { GivenName = "Ann" } };

        var export = await (await host.SendAsync(HttpMethod.Get, "/v1/users/ann/export")).JsonAsync();

        Assert.Equal(("ann", "Ann", false, 0), (
            export.GetProperty("userId").GetString(), export.GetProperty("profile").GetProperty("givenName").GetString(), export.GetProperty("isCut").GetBoolean(),
            export.GetProperty("deadLetters").GetArrayLength()));
        Assert.Equal(["0", "1"], export.GetProperty("pendingEvents").EnumerateArray().Select(e => e.GetProperty("event").GetString()));
        Assert.All(host.Grains.Calls.Where(call => call.Method is "ReadPending" or "ListLetters"), call => Assert.True(call.Argument is "news" || call.Key == "news"));
        await (await host.SendAsync(HttpMethod.Get, "/v1/users/ann/export", credentials: null)).ProblemAsync(401);
    }
}
