using System.Buffers.Text;
using System.Net;
using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class CollectApiTests
{
    private static readonly (string, string) Page = ("Origin", WebHostFixture.PageOrigin);

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task ABrowsersEvents_AreTrackedForTheVisitorOfTheCookie(string contentType)
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await SessionApiTests.VisitAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news", "", contentType), Page, cookie, ("User-Agent", "Browser/1"));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("""{"accepted":1}""", await response.Content.ReadAsStringAsync());
        AssertReadable(response);
        var call = host.Grains.Calls.Single();
        Assert.Equal("v:" + uid, call.Key);
        Assert.True(call.FromBrowser);
        Assert.Equal(new EventSource { ClientName = "The News", Project = "news", ClientId = "news" }, call.Source);
        var tracked = call.Events.Single();
        Assert.Equal(("e1", 1795478807652, "i-1"), (tracked.Name, tracked.TimeMs, tracked.InsertId));
        Assert.Equal(("127.0.0.1", "Browser/1"), (tracked.Ip, tracked.UserAgent));
    }

    [Fact]
    public async Task APreflight_IsAnsweredToRegisteredOriginsOnly()
    {
        await using var host = await WebHostFixture.StartAsync();

        var known = await host.BrowseAsync(HttpMethod.Options, "/v1/collect", null, Page, ("Access-Control-Request-Method", "POST"));
        var unknown = await host.BrowseAsync(HttpMethod.Options, "/v1/collect", null, ("Origin", "https://evil.test"), ("Access-Control-Request-Method", "POST"));

        Assert.Equal(HttpStatusCode.NoContent, known.StatusCode);
        AssertReadable(known);
        Assert.Equal(["POST"], known.Headers.GetValues("Access-Control-Allow-Methods"));
        Assert.Equal(["Content-Type"], known.Headers.GetValues("Access-Control-Allow-Headers"));
        await unknown.ProblemAsync(403);
        Assert.False(unknown.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("https://evil.test")]
    [InlineData("https://www.news.test.evil.test")]
    [InlineData("http://www.news.test")]
    public async Task AnUnregisteredOrigin_IsRefusedAndMayNotReadIt(string origin)
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news"), ("Origin", origin), cookie);

        await response.ProblemAsync(403);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(["Origin"], response.Headers.Vary);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("partner")]
    [InlineData("nobody")]
    public async Task APage_CannotSendForAnotherClient(string client)
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        await (await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body(client), Page, cookie)).ProblemAsync(403);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SPID_VISITOR=7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithoutAGenuineCookie_ThereIsNoVisitor(string cookie)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect",
            Body("news", ",\"visitorId\":\"7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01\""), Page, ("Cookie", cookie));

        await response.ProblemAsync(401);
        AssertReadable(response);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task EventsOfAFormerVisitorOfThisBrowser_AreAcceptedForThatVisitor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await SessionApiTests.VisitAsync(host);
        var (former, current) = (VisitorId.New(), VisitorId.New());
        host.Grains.Session = _ => new VisitorSession { VisitorId = current };

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news", $",\"visitorId\":\"{former}\""), Page, cookie);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("v:" + former, host.Grains.Calls.Single(call => call.Method == "Track").Key);
        Assert.Contains(host.Grains.Calls, call => call.Method == "FindCurrent" && call.Key == "v:" + uid);
    }

    [Fact]
    public async Task EventsOfTheCookiesVisitor_AreForItsGrainToRecogniseByTheSecret()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news"), Page, cookie);

        var secret = Base64Url.DecodeFromChars(cookie.Value.Split('.')[1]).AsSpan(0, 16);
        Assert.Equal(KeyDigest.Of(secret), Assert.Single(host.Grains.Calls).BrowserKey);
    }

    [Fact]
    public async Task AnOldCopy_LeadsToNoOtherVisitor()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);
        var successor = VisitorId.New();
        host.Grains.Session = _ => new VisitorSession { VisitorId = successor, Recognition = Recognition.Stranger };

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news", $",\"visitorId\":\"{successor}\""), Page, cookie);

        await response.ProblemAsync(401);
        AssertReadable(response);
        Assert.DoesNotContain(host.Grains.Calls, call => call.Method == "Track");
    }

    [Fact]
    public async Task AnOldCopy_ThatTheGrainRefuses_IsToldToAskWhoIsThere()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);
        host.Grains.Track = _ => TrackOutcome.Stranger;

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news"), Page, cookie);

        Assert.Contains("/rpc/hasSession.js", (await response.ProblemAsync(401)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        AssertReadable(response);
    }

    [Fact]
    public async Task EventsOfAStranger_AreNamedAndNothingIsStored()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, uid) = await SessionApiTests.VisitAsync(host);
        const string template = """{"event":"e","time":1795478807652,"insertId":"i-1","visitorId":"ID"}""";
        var body = $$"""{"clientId":"news","events":[{{template.Replace("ID", uid, StringComparison.Ordinal)}},{{template.Replace("ID", VisitorId.New().ToString(), StringComparison.Ordinal)}}]}""";

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", new StringContent(body, Encoding.UTF8, "text/plain"), Page, cookie);

        var errors = (await response.ProblemAsync(403)).GetProperty("errors");
        Assert.Equal(["events[1].visitorId"], errors.EnumerateObject().Select(error => error.Name));
        Assert.DoesNotContain(host.Grains.Calls, call => call.Method == "Track");
    }

    [Fact]
    public async Task InvalidEvents_AndBusyLanes_AreReadableByThePage()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        var invalid = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news", ",\"userId\":\"ann\""), Page, cookie);
        Assert.True((await invalid.ProblemAsync(400)).GetProperty("errors").TryGetProperty("events[0].userId", out _));
        AssertReadable(invalid);

        host.Grains.Track = _ => TrackOutcome.LaneFull;
        var busy = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news"), Page, cookie);
        await busy.ProblemAsync(429);
        AssertReadable(busy);
        Assert.True(busy.Headers.RetryAfter?.Delta > TimeSpan.Zero);

        host.Grains.Track = _ => throw new TimeoutException();
        var away = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", Body("news"), Page, cookie);
        await away.ProblemAsync(503);
        AssertReadable(away);
    }

    [Fact]
    public async Task ABodyOfMoreThanAMegabyte_IsTooLargeForThePageToo()
    {
        await using var host = await WebHostFixture.StartAsync();
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", new StringContent(new string(' ', (1 << 20) + 1)), Page, cookie);

        Assert.Equal("The body is larger than 1,048,576 bytes.", (await response.ProblemAsync(413)).GetProperty("detail").GetString());
        AssertReadable(response);
    }

    [Fact]
    public async Task WithoutAGenuineCookie_TheBodyIsNotLookedAt()
    {
        await using var host = await WebHostFixture.StartAsync();

        await (await host.BrowseAsync(HttpMethod.Post, "/v1/collect", new StringContent("no JSON"), Page)).ProblemAsync(401);
    }

    private static StringContent Body(string client, string more = "", string contentType = "text/plain") => new(
        $$"""{"clientId":"{{client}}","events":[{"event":"e1","time":1795478807652,"insertId":"i-1"{{more}}}]}""", Encoding.UTF8, contentType);

    private static void AssertReadable(HttpResponseMessage response)
    {
        Assert.Equal([WebHostFixture.PageOrigin], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["true"], response.Headers.GetValues("Access-Control-Allow-Credentials"));
        Assert.Equal(["Retry-After"], response.Headers.GetValues("Access-Control-Expose-Headers"));
        Assert.Equal(["Origin"], response.Headers.Vary);
    }
}
