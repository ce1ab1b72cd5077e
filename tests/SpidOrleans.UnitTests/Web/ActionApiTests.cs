using System.Net;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class ActionApiTests
{
    private const string Logout = "/ajax/logout.js";
    private const string Agreement = "/ajax/acceptAgreement.js";

    [Fact]
    public async Task Logout_EndsTheBrowsersSessionAndGivesItAFreshVisitor()
    {
        await using var browser = await BrowserHost.StartAsync();
        var fresh = VisitorId.New();
        browser.Grains.Logout = _ => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = fresh };

        var response = await browser.ScriptAsync(Logout);

        var answer = (await response.ScriptAsync()).GetProperty("response");
        Assert.True(answer.GetProperty("result").GetBoolean());
        Assert.Equal(fresh.ToString(), answer.GetProperty("visitor").GetProperty("uid").GetString());
        Assert.StartsWith(fresh + ".", response.VisitorCookie(), StringComparison.Ordinal);
        var request = Assert.IsType<LogoutRequest>(Assert.Single(browser.Grains.Calls).Argument);
        Assert.True(request is { FromBrowser: true, BrowserKey: not null, NextKey: not null });
        Assert.Equal("The News", request.Source.ClientName);
    }

    [Fact]
    public async Task Logout_ByAnOldCopyOfTheCookie_ChangesNoCookie()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Logout = visitor => new LogoutResult { Outcome = TrackOutcome.Stored, VisitorId = visitor, IsStranger = true };

        Assert.Null((await browser.ScriptAsync(Logout)).SetCookie());
    }

    [Fact]
    public async Task Logout_WithoutACookie_AsksNoGrain()
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.ScriptAsync(Logout, shown: "none");

        Assert.True((await response.ScriptAsync()).GetProperty("response").GetProperty("result").GetBoolean());
        Assert.NotNull(response.VisitorCookie());
        Assert.Empty(browser.Grains.Calls);
    }

    [Fact]
    public async Task Logout_ThatWasNotStored_SaysSo()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.Grains.Logout = visitor => new LogoutResult { Outcome = TrackOutcome.Unavailable, VisitorId = visitor };

        var response = await browser.ScriptAsync(Logout);

        Assert.Equal(503, (await response.ScriptAsync()).GetProperty("error").GetProperty("code").GetInt32());
        Assert.Null(response.SetCookie());
    }

    [Theory]
    [InlineData(Logout)]
    [InlineData(Agreement)]
    [InlineData(SetTraitsTests.Path)]
    public async Task WithoutACallback_SdkOneIsToldThatTheScriptHasRun(string path)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");

        var script = await (await browser.ScriptAsync(path, "&t=" + SetTraitsTests.Sign("news-sign-secret"), callback: "")).Content.ReadAsStringAsync();

        Assert.Contains("parent.VGS.Ajax.responseReceived()", script, StringComparison.Ordinal);
        Assert.DoesNotContain("callbacks", script, StringComparison.Ordinal);
        Assert.NotEmpty(browser.Grains.Calls);
    }

    [Fact]
    public async Task AnAcceptedAgreement_IsToldWithTheNextSession()
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        async Task<(bool, bool, bool)> FlagsAsync()
        {
            var answer = await (await browser.ScriptAsync("/rpc/hasSession.js")).ScriptAsync();
            return (answer.GetProperty("agreementAccepted").GetBoolean(), answer.GetProperty("defaultAgreementAccepted").GetBoolean(), answer.GetProperty("clientAgreementAccepted").GetBoolean());
        }

        Assert.Equal((false, false, false), await FlagsAsync());
        Assert.True((await (await browser.ScriptAsync(Agreement)).ScriptAsync()).GetProperty("response").GetProperty("result").GetBoolean());
        Assert.Equal((true, true, true), await FlagsAsync());
        browser.Grains.Agreements = ["shop"];
        Assert.Equal((false, true, false), await FlagsAsync());
    }

    [Fact]
    public async Task AnAgreement_OfNobody_IsNotAccepted()
    {
        await using var browser = await BrowserHost.StartAsync();

        var answer = await (await browser.ScriptAsync(Agreement)).ScriptAsync();

        Assert.Equal(401, answer.GetProperty("error").GetProperty("code").GetInt32());
        Assert.DoesNotContain(browser.Grains.Calls, call => call.Method == "AcceptAgreement");
    }

    /// <summary>Requests as other people's pages can cause them: by script, image, link and frame, from afar and from next door.</summary>
    [Theory]
    [InlineData("https://evil.test/", "cross-site", "script", "news", "https://www.news.test/")]
    [InlineData("", "cross-site", "script", "news", "https://www.news.test/")]
    [InlineData("", "same-site", "script", "news", "https://www.news.test/")]
    [InlineData("https://neighbour.news.test/", "same-site", "script", "news", "https://www.news.test/")]
    [InlineData("https://www.news.test/", "same-site", "script", "news", "https://evil.test/")]
    [InlineData("https://www.news.test/", "same-site", "image", "news", "https://www.news.test/")]
    [InlineData("https://www.news.test/", "same-site", "document", "news", "https://www.news.test/")]
    [InlineData("https://www.news.test/", "same-site", "iframe", "news", "https://www.news.test/")]
    [InlineData("", "none", "document", "news", "https://www.news.test/")]
    [InlineData("", "", "", "news", "https://www.news.test/")]
    [InlineData("https://evil.test/", "", "", "news", "https://www.news.test/")]
    [InlineData("https://www.news.test/", "same-site", "script", "nobody", "https://www.news.test/")]
    // A client whose script pages of other sites may read: they still may not act.
    [InlineData("https://partner.test/", "cross-site", "script", "partner", "https://partner.test/")]
    public async Task AForgedRequest_DoesNothingAndTellsNothing(string referer, string site, string destination, string client, string redirectUri)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");
        foreach (var path in new[] { Logout, Agreement, SetTraitsTests.Path })
        {
            var response = await browser.ScriptAsync(path, "&t=" + SetTraitsTests.Sign("news-sign-secret"), referer: referer, site: site, destination: destination, client: client, redirectUri: redirectUri);

            var answer = await response.ScriptAsync();
            Assert.Equal(403, answer.GetProperty("error").GetProperty("code").GetInt32());
            Assert.True(BrowserHost.IsSilent(answer), answer.ToString());
            Assert.Null(response.SetCookie());
            Assert.Equal(["same-site"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
        }

        Assert.Empty(browser.Grains.Calls);
    }

    [Theory]
    [InlineData("https://www.news.test/page", "same-site")]
    [InlineData("https://www.news.test/", "same-origin")]
    [InlineData("https://www.news.test/", "")]
    public async Task TheClientsOwnPage_MayAct(string referer, string site)
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.ScriptAsync(Logout, referer: referer, site: site, destination: site.Length == 0 ? "" : "script");

        Assert.True((await response.ScriptAsync()).GetProperty("response").GetProperty("result").GetBoolean());
    }

    [Theory]
    [InlineData("POST", Logout)]
    [InlineData("HEAD", Logout)]
    [InlineData("POST", Agreement)]
    [InlineData("POST", SetTraitsTests.Path)]
    public async Task AnotherMethod_DoesNothing(string method, string path)
    {
        await using var browser = await BrowserHost.StartAsync();

        var response = await browser.Host.BrowseAsync(new HttpMethod(method), path + "?client_id=news&redirect_uri=https://www.news.test/&callback=f1", null,
            ("Cookie", "SPID_VISITOR=" + browser.Cookie), ("Referer", BrowserHost.Page));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Empty(browser.Grains.Calls);
    }
}
