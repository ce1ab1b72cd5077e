using System.Net;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Browser;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class SessionServiceApiTests
{
    private const string Back = "https://www.news.test/back?a=b";

    private static readonly string BackQuery = "&redirect_uri=" + Uri.EscapeDataString(Back);

    [Theory]
    [InlineData("/session")]
    [InlineData("/v2/session")]
    public async Task Anonymous_IsTheVisitorWithoutAResult(string path)
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.FetchAsync(path);

        var answer = await response.JsonAsync();
        Assert.Equal(browser.Visitor.ToString(), answer.GetProperty("visitor").GetProperty("uid").GetString());
        Assert.False(answer.TryGetProperty("result", out _));
        Assert.False(answer.TryGetProperty("error", out _));
        Assert.InRange(answer.GetProperty("expiresIn").GetInt32(), 1, 60);
        Assert.Null(response.SetCookie());
        Assert.Equal(["https://www.news.test"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["true"], response.Headers.GetValues("Access-Control-Allow-Credentials"));
        Assert.Contains("Origin", response.Headers.Vary);
        Assert.Equal("no-store, private", response.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData("/session")]
    [InlineData("/v2/session")]
    public async Task ASignedInUser_IsToldUnderASignature(string path)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("1844813");

        var answer = await (await browser.FetchAsync(path)).JsonAsync();

        Assert.True(answer.GetProperty("result").GetBoolean());
        Assert.Equal(1844813, answer.GetProperty("userId").GetInt64());
        Assert.Equal("1844813", answer.GetProperty("visitor").GetProperty("user_id").GetString());
        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out var payload));
        Assert.Equal("news", payload.Value.GetProperty("aud").GetString());
    }

    [Theory]
    [InlineData("https://evil.test", "cross-site", BrowserHost.Sdrn)]
    [InlineData("https://evil.test", "same-site", BrowserHost.Sdrn)]
    [InlineData("https://www.news.test.evil.test", "cross-site", BrowserHost.Sdrn)]
    [InlineData("http://www.news.test", "same-site", BrowserHost.Sdrn)]
    [InlineData("https://www.news.test:444", "same-site", BrowserHost.Sdrn)]
    [InlineData("https://neighbour.news.test", "same-site", BrowserHost.Sdrn)]
    [InlineData("null", "cross-site", BrowserHost.Sdrn)]
    [InlineData("", "same-site", BrowserHost.Sdrn)]
    [InlineData("", "", BrowserHost.Sdrn)]
    [InlineData("", "none", BrowserHost.Sdrn)]
    [InlineData("https://www.news.test", "same-site", "sdrn:schibsted.com:client:partner")]
    [InlineData("https://www.news.test", "same-site", "sdrn:schibsted.com:client:nobody")]
    [InlineData("https://www.news.test", "same-site", "news")]
    [InlineData("https://www.news.test", "same-site", ":client:news")]
    [InlineData("https://www.news.test", "same-site", "")]
    public async Task AnotherOrigin_GetsNothingAndMayReadNothing(string origin, string site, string sdrn)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        foreach (var path in new[] { "/session", "/v2/session", "/hasAccess/1042" })
        {
            var response = await browser.FetchAsync(path, origin: origin, site: site, sdrn: sdrn);

            var problem = await response.ProblemAsync(403);
            Assert.True(BrowserHost.IsSilent(problem));
            Assert.Contains("origin", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.Null(response.SetCookie());
        }

        Assert.Empty(browser.Grains.Calls);
    }

    [Theory]
    [InlineData("cross-site", "empty")]
    [InlineData("same-site", "script")]
    [InlineData("none", "document")]
    public async Task TheClientsPageFromAfar_IsToldNothingOfThePerson(string site, string destination)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");

        var session = await browser.FetchAsync("/v2/session", site: site, destination: destination);
        var access = await browser.FetchAsync("/hasAccess/1042", site: site, destination: destination);

        Assert.True(BrowserHost.IsSilent(await session.JsonAsync()));
        Assert.Null(session.SetCookie());
        await access.ProblemAsync(401);
        Assert.Empty(browser.Grains.Calls);
    }

    [Fact]
    public async Task AClientThatAllowsIt_IsToldFromAfarToo()
    {
        await using var browser = await BrowserHost.StartAsync();

        var answer = await (await browser.FetchAsync("/session", origin: "https://partner.test", site: "cross-site", sdrn: "sdrn:undefined:client:partner")).JsonAsync();

        Assert.True(answer.TryGetProperty("visitor", out _));
    }

    [Theory]
    [InlineData("1042,none,plus", "42", true, new[] { "1042", "plus" })]
    [InlineData("none", "42", false, new string[0])]
    public async Task Access_IsWhatTheUserHasOfIt(string ids, string userId, bool entitled, string[] features)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn(userId);

        var answer = await (await browser.FetchAsync("/hasAccess/" + ids)).JsonAsync();

        Assert.Equal(entitled, answer.GetProperty("entitled").GetBoolean());
        Assert.Equal(features, answer.GetProperty("allowedFeatures").EnumerateArray().Select(id => id.GetString()));
        Assert.InRange(answer.GetProperty("ttl").GetInt32(), 1, entitled ? 300 : 10);
        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out var payload));
        Assert.Equal(entitled, payload.Value.GetProperty("entitled").GetBoolean());
    }

    [Theory]
    [InlineData("a,,b")]
    [InlineData("%3Cscript%3E")]
    [InlineData("1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,7,8,9,10,1")]
    public async Task Access_ToWhatIsNoIdOrTooMuch_IsRefused(string ids)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("42");

        await (await browser.FetchAsync("/hasAccess/" + ids)).ProblemAsync(400);
    }

    [Fact]
    public async Task Access_OfNobody_IsRefusedSoThatThePageCanRead()
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.FetchAsync("/hasAccess/1042");

        await response.ProblemAsync(401);
        Assert.Equal(["https://www.news.test"], response.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task WhenTheClusterIsAway_ThePageIsToldAndKeepsItsCookie()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Session = _ => throw new TimeoutException();

        var response = await browser.FetchAsync("/v2/session");

        await response.ProblemAsync(503);
        Assert.Equal(["https://www.news.test"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Null(response.SetCookie());
    }

    [Fact]
    public async Task ARememberedPerson_IsSentOnATripByVersionFiveAndSignedInAtOnceByOlderOnes()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7", isRestorable: true);

        var five = await (await browser.FetchAsync("/v2/session", BackQuery + "&sdk_version=5.1.1")).JsonAsync();
        await browser.FetchAsync("/session", BackQuery + "&sdk_version=4.6.0");
        await browser.FetchAsync("/v2/session", "&redirect_uri=https%3A%2F%2Fwww.news.test%2Felsewhere&sdk_version=5.1.1");

        Assert.Equal("""{"redirectURL":"session/refresh"}""", five.GetRawText());
        Assert.Equal([false, true, true], browser.Grains.Calls.Select(call => ((BrowserLook)call.Argument!).Restoration is not null));
    }

    [Fact]
    public async Task TheTrip_StartsTheSessionAgainAndLeadsBack()
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.Host.BrowseAsync(HttpMethod.Get, $"/session/refresh?client_sdrn={BrowserHost.Sdrn}{BackQuery}&sdk_version=5.1.1&tabId=7", null,
            ("Cookie", "SPID_VISITOR=" + browser.Cookie), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "same-site"));

        Assert.Equal((HttpStatusCode.Found, Back), (response.StatusCode, response.Headers.Location!.ToString()));
        Assert.Equal("The News", ((BrowserLook)Assert.Single(browser.Grains.Calls).Argument!).Restoration!.Source.ClientName);
    }

    [Theory]
    [InlineData("Sec-Fetch-Dest", "image")]
    [InlineData("Sec-Fetch-Dest", "iframe")]
    [InlineData("Sec-Fetch-Dest", "script")]
    [InlineData("Sec-Fetch-Mode", "no-cors")]
    [InlineData("Sec-Fetch-Mode", "cors")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Purpose", "prefetch")]
    public async Task WhatIsNoVisit_StartsNoSession(string header, string value)
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.Host.BrowseAsync(HttpMethod.Get, $"/session/refresh?client_sdrn={BrowserHost.Sdrn}{BackQuery}", null,
            ("Cookie", "SPID_VISITOR=" + browser.Cookie), (header, value));

        await response.ProblemAsync(403);
        Assert.Empty(browser.Grains.Calls);
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("https://www.news.test/")]
    [InlineData("https://www.news.test/back")]
    [InlineData("https://www.news.test/back?a=b&c=d")]
    [InlineData("https://www.news.test/back?a=b#x")]
    [InlineData("https://www.news.test/back?a=b/../../x")]
    [InlineData("https://WWW.news.test/back?a=b")]
    [InlineData("https://www.news.test@evil.test/back?a=b")]
    [InlineData("https://www.news.test\\@evil.test/back?a=b")]
    [InlineData("//evil.test/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://www.news.test/back?a=b\r\nSet-Cookie: x=y")]
    [InlineData("")]
    public async Task TheTrip_LeadsNowhereElse(string target)
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.Host.BrowseAsync(HttpMethod.Get, $"/session/refresh?client_sdrn={BrowserHost.Sdrn}&redirect_uri={Uri.EscapeDataString(target)}", null,
            ("Cookie", "SPID_VISITOR=" + browser.Cookie), ("Sec-Fetch-Dest", "document"));

        await response.ProblemAsync(400);
        Assert.Null(response.Headers.Location);
        Assert.Empty(browser.Grains.Calls);
    }
}
