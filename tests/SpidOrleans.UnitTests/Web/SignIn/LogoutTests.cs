using Microsoft.Net.Http.Headers;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

public class LogoutTests
{
    private static readonly (string, string) FromSite = ("Referer", WebHostFixture.PageOrigin + "/");

    [Fact]
    public async Task ASite_LogsItsBrowserOut_AndGetsItBackAsAFreshVisitor()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        var visitor = await SignedInAsync(host, browser);
        var fresh = VisitorId.New();
        host.Grains.Logout = _ => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        var answer = await browser.GetAsync(SignInHost.Flow("/logout", ("state", "s")), FromSite, ("Sec-Fetch-Site", "same-site"));

        Assert.Equal((302, SignInHost.Back + "?state=s"), ((int)answer.StatusCode, answer.Headers.Location!.OriginalString));
        var call = Assert.Single(host.Grains.Calls, call => call.Method == "Logout");
        Assert.Equal("v:" + visitor, call.Key);
        Assert.Equal("127.0.0.1", Assert.IsType<LogoutRequest>(call.Argument).Ip);
        Assert.StartsWith(fresh + ".", browser.Cookies["SPID_VISITOR"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "none")]
    [InlineData(null, "same-site")]
    [InlineData("https://evil.test/", null)]
    [InlineData("https://evil.test/", "cross-site")]
    [InlineData("https://partner.test/", "same-site")]
    [InlineData("https://www.news.test/", "cross-site")]
    [InlineData("https://www.news.test.evil.test/", "same-site")]
    public async Task Anybody_WhoIsNotKnownToBeTheSite_OnlyMakesUsAsk(string? referer, string? site)
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await SignedInAsync(host, browser);
        var before = browser.Cookies;
        List<(string, string)> headers = [];
        if (referer is not null) headers.Add(("Referer", referer));
        if (site is not null) headers.Add(("Sec-Fetch-Site", site));

        var page = await browser.GetAsync(SignInHost.Flow("/logout"), [.. headers]);

        await page.PageAsync(200);
        Assert.DoesNotContain(host.Grains.Calls, call => call.Method == "Logout");
        Assert.Equal(before["SPID_VISITOR"], browser.Cookies["SPID_VISITOR"]);

        var done = await browser.SubmitAsync(page);
        Assert.Equal(SignInHost.Back, await TestBrowser.GoesToAsync(done));
        Assert.Single(host.Grains.Calls, call => call.Method == "Logout");
    }

    [Fact]
    public async Task ASiteOfAnotherDomain_MayLogOut_IfItsClientWorksAcrossSites()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await SignedInAsync(host, browser);

        var answer = await browser.GetAsync("/logout?client_id=partner", ("Referer", "https://partner.test/"), ("Sec-Fetch-Site", "cross-site"));

        Assert.Equal("https://partner.test/only", answer.Headers.Location?.OriginalString);
        Assert.Single(host.Grains.Calls, call => call.Method == "Logout");
    }

    [Fact]
    public async Task AFormThatIsNotOurs_LogsNobodyOut()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        using var attacker = new TestBrowser(host.Origin);
        await SignedInAsync(host, browser);
        var (_, attackers) = TestBrowser.FormOf(await (await attacker.GetAsync(SignInHost.Flow("/logout"))).PageAsync(200));
        var (_, own) = TestBrowser.FormOf(await (await browser.GetAsync(SignInHost.Flow("/logout"))).PageAsync(200));

        await (await browser.PostAsync(SignInHost.Flow("/logout"), [])).PageAsync(200);
        await (await browser.PostAsync(SignInHost.Flow("/logout"), attackers)).PageAsync(200);
        await (await browser.PostAsync(SignInHost.Flow("/logout"), own, ("Origin", "https://evil.test"), FromSite)).PageAsync(200);

        Assert.DoesNotContain(host.Grains.Calls, call => call.Method == "Logout");
    }

    [Fact]
    public async Task ALogoutThatTheClusterDidNotConfirm_SaysSoAndCanBeRepeated()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        await SignedInAsync(host, browser);
        var cookie = browser.Cookies["SPID_VISITOR"];
        host.Grains.Logout = _ => throw new TimeoutException();

        var first = await browser.GetAsync(SignInHost.Flow("/logout"), FromSite);
        await first.PageAsync(503);
        Assert.NotNull(first.Headers.RetryAfter);
        host.Grains.Logout = visitor => new LogoutResult { Outcome = TrackOutcome.Unavailable, VisitorId = visitor };
        var second = await browser.SubmitAsync(first);
        await second.PageAsync(503);
        Assert.Equal(cookie, browser.Cookies["SPID_VISITOR"]);
        var fresh = VisitorId.New();
        host.Grains.Logout = _ => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };
        var third = await browser.SubmitAsync(second);

        Assert.Equal(SignInHost.Back, await TestBrowser.GoesToAsync(third));
        Assert.StartsWith(fresh + ".", browser.Cookies["SPID_VISITOR"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAGenuineCookie_NobodyIsLoggedOut_AndTheBrowserGetsAVisitor()
    {
        await using var host = await SignInHost.StartAsync();
        using var browser = new TestBrowser(host.Origin);
        browser.Plant("SPID_VISITOR", VisitorId.New() + ".forged");

        var answer = await browser.GetAsync(SignInHost.Flow("/logout"), FromSite);

        Assert.Equal(SignInHost.Back, answer.Headers.Location?.OriginalString);
        Assert.Empty(host.Grains.Calls);
        Assert.True(browser.Cookies["SPID_VISITOR"].Length > 60);
    }

    [Fact]
    public async Task BehindAProxyThatEndsTls_CookiesAreSecure_AndOfTheConfiguredDomain()
    {
        await using var host = await SignInHost.StartAsync(null, ("Session:CookieDomain", "news.test"));
        using var browser = new TestBrowser(host.Origin);

        await browser.GetAsync(SignInHost.Flow("/logout"), ("Host", "id.news.test"));
        var form = Assert.Single(browser.SetCookies);
        await browser.GetAsync(SignInHost.Flow("/logout"), FromSite, ("Host", "id.news.test"));

        Assert.Equal(("__Host-SPID_FORM", "", "/"), (form.Name.ToString(), form.Domain.ToString(), form.Path.ToString()));
        Assert.All(browser.SetCookies, cookie => Assert.True(cookie.Secure && cookie.HttpOnly && cookie.SameSite == SameSiteMode.Lax, cookie.ToString()));
        Assert.Equal("news.test", Assert.Single(browser.SetCookies.Skip(1)).Domain.ToString());
    }

    private static async Task<string> SignedInAsync(WebHostFixture host, TestBrowser browser)
    {
        var visitor = await browser.VisitAsync();
        await browser.SubmitAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), ("user_id", "ann"));
        host.Grains.Calls.Clear();
        return visitor;
    }
}
