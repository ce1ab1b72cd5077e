using Microsoft.AspNetCore.Http;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>Any page of the web can have a browser send these requests with its cookie, and anybody can know a visitor's id.</summary>
public class ForeignCallerTests
{
    private static readonly string[] Telling = ["/rpc/hasSession.js", "/ajax/hasSession.js", "/ajax/hasproduct.js", "/ajax/hassubscription.js"];

    private static readonly string[] Acting = ["/ajax/logout.js", "/ajax/acceptAgreement.js", SetTraitsTests.Path];

    /// <summary>What acts is <see cref="ActionApiTests"/>', what is fetched <see cref="SessionServiceApiTests"/>'.</summary>
    [Theory]
    [InlineData("https://evil.test/", "cross-site", "script", "news", BrowserHost.Page)]
    [InlineData("", "cross-site", "script", "news", BrowserHost.Page)]
    [InlineData("", "same-site", "script", "news", BrowserHost.Page)]
    [InlineData("https://neighbour.news.test/", "same-site", "script", "news", BrowserHost.Page)]
    [InlineData(BrowserHost.Page, "cross-site", "script", "news", BrowserHost.Page)]
    [InlineData(BrowserHost.Page, "same-site", "document", "news", BrowserHost.Page)]
    [InlineData(BrowserHost.Page, "same-site", "iframe", "news", BrowserHost.Page)]
    [InlineData(BrowserHost.Page, "same-site", "script", "news", "https://evil.test/")]
    [InlineData(BrowserHost.Page, "same-site", "script", "nobody", BrowserHost.Page)]
    [InlineData("", "", "", "news", BrowserHost.Page)]
    public async Task NoScript_TellsAnotherPage_NotEvenOneThatKnowsTheSpId(string referer, string site, string destination, string client, string redirectUri)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        var spId = (await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync()).GetProperty("sp_id").GetString();
        browser.Grains.Calls.Clear();
        foreach (var path in Telling)
        {
            var response = await browser.ScriptAsync(path, $"&product_id=1042&autologin=1&sp_id={spId}", referer, site, destination, client, redirectUri: redirectUri);

            var answer = await response.ScriptAsync();
            Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
            Assert.True(BrowserHost.IsSilent(answer), path + answer);
            Assert.Null(response.SetCookie());
            Assert.Equal(["same-site"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
        }

        Assert.Empty(browser.Grains.Calls);
    }

    [Fact]
    public async Task AVisitorsId_ThatIsNotInTheCookie_ProvesNothing()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        var known = browser.Visitor.ToString();
        string[] names = ["uid", "visitor", "visitorId", "visitor_id", "distinct_id", "SPID_VISITOR", "sp_id"];
        var query = "&product_id=1042&autologin=1&t=" + SetTraitsTests.Sign("news-sign-secret")
            + string.Concat(names.Select(name => $"&{name}={known}")) + "&session=" + browser.Cookie;

        foreach (var path in Telling.Concat(Acting))
        {
            var script = await (await browser.ScriptAsync(path, query, shown: known)).Content.ReadAsStringAsync();
            Assert.DoesNotContain(known, script, StringComparison.Ordinal);
        }

        foreach (var path in new[] { "/session", "/v2/session" })
        {
            var response = await browser.Host.BrowseAsync(HttpMethod.Get, $"{path}?client_sdrn={BrowserHost.Sdrn}{query}", null,
                ("Origin", WebHostFixture.PageOrigin), ("X-Visitor-Id", known), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Dest", "empty"));
            Assert.True(VisitorId.TryParse((await response.JsonAsync()).GetProperty("visitor").GetProperty("uid").GetString(), out var minted));
            Assert.NotEqual(browser.Visitor, minted);
        }

        Assert.Empty(browser.Grains.Calls);
    }

    [Fact]
    public async Task EveryScript_IsForThisBrowserAlone_AndNoPageOfThisHost()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        foreach (var path in Telling.Concat(Acting))
        {
            var response = await browser.ScriptAsync(path, "&product_id=1042&t=" + SetTraitsTests.Sign("news-sign-secret"));

            Assert.Equal(StatusCodes.Status200OK, (int)response.StatusCode);
            Assert.StartsWith("/**/", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal("text/javascript; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            Assert.Equal("attachment; filename=\"f.txt\"", response.Content.Headers.ContentDisposition!.ToString());
            Assert.Equal("no-store, private", response.Headers.CacheControl!.ToString());
            Assert.Equal(["Cookie", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Dest"], response.Headers.Vary);
            Assert.Equal(["default-src 'none'; sandbox"], response.Headers.GetValues("Content-Security-Policy"));
            Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
            Assert.Equal(["same-site"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
            Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }
}
