using System.Net;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.UnitTests.Web;
using Xunit;
using static SpidOrleans.UnitTests.Ingestion.MixpanelRequests;

namespace SpidOrleans.UnitTests.Ingestion;

public class WhoMaySendTests
{
    private const string UserIds = "\"distinct_id\":\"42\",\"$user_id\":\"42\"";

    public static TheoryData<string> VisitorPlaces => new(
        $"\"distinct_id\":\"{Visitor}\"",
        $"\"distinct_id\":\"{Visitor.ToUpperInvariant()}\"",
        $"\"$device_id\":\"{Visitor}\"",
        $"\"distinct_id\":\"$device:{Visitor}\"",
        $"\"$user_id\":\"{Visitor}\"",
        $"\"distinct_id\":\"{Visitor}\",\"$user_id\":\"{Visitor}\",\"$device_id\":\"{OwnDevice}\"",
        $"\"distinct_id\":\"$device:{OwnDevice}\",\"$user_id\":\"{Visitor}\"");

    [Theory]
    [MemberData(nameof(VisitorPlaces))]
    public async Task AVisitorsId_IsTheVisitor_WhereverItStands(string ids)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: ids))).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: ids)), Basic(Secret)).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: ids)), Page).TextAsync());

        Assert.Equal(Enumerable.Repeat(("v:" + Visitor, "e1"), 3), host.Tracked());
        // Nobody was recognised: they name exactly the visitor that they mean, be it retired or not.
        Assert.All(host.Grains.Calls, call => Assert.False(call.FromBrowser));
    }

    [Theory]
    [InlineData("Sec-GPC", "Privacy:HonourGlobalPrivacyControl", true)]
    [InlineData("DNT", "Privacy:HonourDoNotTrack", true)]
    [InlineData("DNT", "Privacy:HonourGlobalPrivacyControl", false)]
    public async Task ABrowsersSignal_IsHeededWhereConfigured_AndABackEndHasNone(string header, string key, bool isHeeded)
    {
        await using var host = await WebHostFixture.StartAsync((key, "true"));
        var change = $$$"""{"$token":"t1","$distinct_id":"{{{Visitor}}}","$set":{"Plan":"pro"}}""";
        (string, string)[] signal = [(header, "1")], page = [(header, "1"), Page];

        foreach (var headers in new[] { signal, page })
        {
            Assert.Equal("1", await host.PostAsync("/track", Form(Event()), headers).TextAsync());
            Assert.Equal("1", await host.PostAsync("/engage", Form(change), headers).TextAsync());
        }

        Assert.Equal(isHeeded ? 0 : 4, host.Grains.Calls.Count);
        await host.PostAsync("/track", Form(Event()), [(header, "1"), Basic(Secret)]).TextAsync();
        Assert.Equal("Track", host.Grains.Calls.Last().Method);
        // What is wrong is said all the same.
        Assert.Equal("0", await host.PostAsync("/track", Form(Event(ids: "")), page).TextAsync());
    }

    [Fact]
    public async Task AUser_IsNamedWithCredentialsOnly()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Contains("client's credentials only", await host.PostAsync("/track?verbose=1", Form(Event(ids: UserIds))).TextAsync(), StringComparison.Ordinal);
        Assert.Contains("client's credentials only", await host.PostAsync("/track?verbose=1", Form(Event(ids: UserIds)), Page).TextAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);

        foreach (var header in new[] { Basic(Secret), Basic("news-secret:") })
            Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: UserIds)), header).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track?api_key=news-secret", Form(Event(ids: UserIds))).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: UserIds), "&api_key=news-secret")).TextAsync());
        Assert.Equal("1", await host.PostAsync("/track", Form(Event(ids: "\"distinct_id\":42")), Basic(Secret)).TextAsync());
        Assert.Equal(Enumerable.Repeat(("u:42", "e1"), 5), host.Tracked());
    }

    [Theory]
    [InlineData("\"distinct_id\":\"undefined\"", "must be a visitor's id")]
    [InlineData("\"$user_id\":\"null\"", "must be a visitor's id")]
    [InlineData("\"distinct_id\":\"\"", "must not be missing")]
    [InlineData("", "must not be missing")]
    [InlineData("\"distinct_id\":{}", "must not be missing")]
    public async Task AnEventOfNobody_IsRefused(string ids, string rule)
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Contains(rule, await host.PostAsync("/track?verbose=1", Form(Event(ids: ids)), Basic(Secret)).TextAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task WithACookie_WhatMixpanelsClientMadeUp_IsTheCookiesVisitor()
    {
        await using var browser = await BrowserHost.StartAsync();
        (string, string) cookie = ("Cookie", "SPID_VISITOR=" + browser.Cookie);
        var ids = $"\"distinct_id\":\"$device:{OwnDevice}\",\"$device_id\":\"{OwnDevice}\"";

        Assert.Equal("1", await browser.Host.PostAsync("/track/", Form(Event(ids: ids)), Page, cookie, ("User-Agent", "B/1")).TextAsync());
        Assert.Equal("1", await browser.Host.PostAsync("/track/", Form(Event(ids: "")), Page, cookie).TextAsync());
        // Without a page of the client the cookie is none: any page of the web can make a browser send it.
        Assert.Equal("1", await browser.Host.PostAsync("/track/", Form(Event(ids: ids)), cookie).TextAsync());
        Assert.Equal("1", await browser.Host.PostAsync("/track/", Form(Event(ids: ids)), cookie, ("Referer", "https://evil.test/")).TextAsync());
        Assert.Equal("1", await browser.Host.PostAsync("/track/", Form(Event(ids: ids)), cookie, ("Referer", BrowserHost.Page)).TextAsync());

        Assert.Equal(new[] { browser.Visitor.ToString(), browser.Visitor.ToString(), OwnDevice, OwnDevice, browser.Visitor.ToString() }.Select(id => ("v:" + id, "e1")), browser.Host.Tracked());
        Assert.Equal("B/1", browser.Grains.Calls.First(call => call.Method == "Track").Events.Single().UserAgent);
    }

    [Fact]
    public async Task ABrowserWithACookie_WritesToNobodyElse_ButToWhomItWas()
    {
        await using var browser = await BrowserHost.StartAsync();
        (string, string) cookie = ("Cookie", "SPID_VISITOR=" + browser.Cookie);
        var named = Event(ids: $"\"$user_id\":\"{Visitor}\"");

        Assert.Contains("is not a visitor that this browser is or was", await browser.Host.PostAsync("/track?verbose=1", Form(named), Page, cookie).TextAsync(), StringComparison.Ordinal);
        Assert.Empty(browser.Host.Tracked());

        // Now the other id leads to the cookie's visitor.
        browser.Grains.Session = _ => new VisitorSession { VisitorId = browser.Visitor };
        Assert.Equal("1", await browser.Host.PostAsync("/track", Form(named), Page, cookie).TextAsync());
        Assert.Equal([("v:" + Visitor, "e1")], browser.Host.Tracked());
    }

    [Fact]
    public async Task ABrowserWithACookie_NamesTheUserWhomItsVisitorBelongsTo_AndNoOther()
    {
        await using var browser = await BrowserHost.StartAsync();
        (string, string) cookie = ("Cookie", "SPID_VISITOR=" + browser.Cookie);

        Assert.Contains("is not the user", await browser.Host.PostAsync("/track?verbose=1", Form(Event(ids: UserIds)), Page, cookie).TextAsync(), StringComparison.Ordinal);
        Assert.Empty(browser.Host.Tracked());

        browser.Grains.Visitor = new VisitorDescription { UserId = UserId.TryParse("42", out var user) ? user : default };
        Assert.Equal("1", await browser.Host.PostAsync("/track", Form(Event(ids: UserIds)), Page, cookie).TextAsync());
        Assert.Equal([($"v:{browser.Visitor}", "e1")], browser.Host.Tracked());
    }

    [Theory]
    [InlineData("https://evil.test")]
    [InlineData("null")]
    public async Task APageOfNoClient_IsRefused_AndMayNotReadIt(string origin)
    {
        await using var host = await WebHostFixture.StartAsync();

        foreach (var path in new[] { "/track", "/import" })
        {
            using var answer = await host.PostAsync(path, Form(Event()), ("Origin", origin), Basic(Secret));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
            using var preflight = await host.BrowseAsync(HttpMethod.Options, path, null, ("Origin", origin), ("Access-Control-Request-Method", "POST"));
            Assert.Equal(HttpStatusCode.Forbidden, preflight.StatusCode);
        }

        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task APageOfAnotherProjectsClient_IsRefused()
    {
        await using var host = await WebHostFixture.StartAsync();

        using var answer = await host.PostAsync("/track?verbose=1", Form(Event()), ("Origin", "https://partner.test"));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("not registered for a client of this project", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task APage_MayReadTheAnswer_AndSendWhatNeedsAPreflight()
    {
        await using var host = await WebHostFixture.StartAsync();

        using var answer = await host.PostAsync("/track", Form(Event()), Page);
        using var preflight = await host.BrowseAsync(HttpMethod.Options, "/track/", null, Page, ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,traceparent"));

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        foreach (var response in new[] { answer, preflight })
        {
            Assert.Equal([WebHostFixture.PageOrigin], response.Headers.GetValues("Access-Control-Allow-Origin"));
            Assert.Equal(["true"], response.Headers.GetValues("Access-Control-Allow-Credentials"));
            Assert.Equal(["Origin"], response.Headers.Vary);
            Assert.Equal(["Retry-After"], response.Headers.GetValues("Access-Control-Expose-Headers"));
        }

        foreach (var header in new[] { "Authorization", "Content-Type", "traceparent" })
            Assert.Contains(header, preflight.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_AreOfTheProjectOfTheToken()
    {
        await using var host = await WebHostFixture.StartAsync();

        Assert.Contains("is not of the project", await host.PostAsync("/track?verbose=1", Form(Event(token: "\"token\":\"t2\"")), Basic(Secret)).TextAsync(), StringComparison.Ordinal);
        Assert.Contains("is of no project", await host.PostAsync("/track?verbose=1", Form(Event(token: "\"token\":\"t3\""))).TextAsync(), StringComparison.Ordinal);
        Assert.Equal("1", await host.PostAsync("/track", Form(Event(token: "")), Basic(Secret)).TextAsync());
        var mixed = await host.PostAsync("/track?verbose=1", Form($"[{Event()},{Event(token: "\"token\":\"t2\"")},{Event(token: "")}]")).TextAsync();
        Assert.Equal("""{"status":1,"error":"[1] 'properties.token' is invalid: is not of the same project as the first event's; [2] 'properties.token' must not be missing or empty"}""", mixed);
        Assert.Equal(2, host.Tracked().Count());
    }

    [Fact]
    public async Task WhereSeveralClientsShareAProject_NobodysNameStandsOnAStrangersEvent()
    {
        await using var host = await WebHostFixture.StartAsync(("Clients:blog:Secret", "blog-secret"), ("Clients:blog:Project", "news"), ("Clients:blog:Origins:0", "https://blog.test"));

        await host.PostAsync("/track", Form(Event())).TextAsync();
        await host.PostAsync("/track", Form(Event()), ("Origin", "https://blog.test")).TextAsync();
        await host.PostAsync("/track", Form(Event()), Page).TextAsync();

        Assert.Equal([new EventSource { ClientName = "news", Project = "news" }, new EventSource { ClientName = "blog", Project = "news", ClientId = "blog" },
            new EventSource { ClientName = "The News", Project = "news", ClientId = "news" }], host.Grains.Calls.Select(call => call.Source));
    }

    [Fact]
    public async Task WrongCredentials_AreRefused_EvenWhereNoneAreNeeded()
    {
        await using var host = await WebHostFixture.StartAsync();

        foreach (var header in new[] { Basic("news:wrong"), Basic("nobody:"), ("Authorization", "Bearer x"), ("Authorization", "Digest x") })
        {
            using var answer = await host.PostAsync("/track", Form(Event()), header);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("0", await answer.Content.ReadAsStringAsync());
        }

        using var key = await host.PostAsync("/track?api_key=wrong", Form(Event()));
        Assert.Equal(HttpStatusCode.Unauthorized, key.StatusCode);
        // The token is public: it neither proves anything nor claims to.
        Assert.Equal("1", await host.PostAsync("/track", Form(Event()), Basic("t1:")).TextAsync());
        Assert.Single(host.Grains.Calls);
    }
}
