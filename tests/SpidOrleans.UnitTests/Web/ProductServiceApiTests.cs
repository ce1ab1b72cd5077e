using SpidOrleans.Web.Browser;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>What account-sdk-browser 3 asks the session service for.</summary>
public sealed class ProductServiceApiTests
{
    [Theory]
    [InlineData("/hasProduct/1042", "7", true, null)]
    [InlineData("/hasProduct/1042", "8", false, null)]
    [InlineData("/hasSubscription/1042", "42", true, 99)]
    [InlineData("/hasSubscription/1042", "7", false, null)]
    public async Task ASignedInUser_IsToldWhatTheyHave(string path, string userId, bool result, int? subscription)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn(userId);

        var response = await browser.FetchAsync(path);
        var answer = await response.JsonAsync();

        Assert.Equal(result, answer.GetProperty("result").GetBoolean());
        Assert.Equal(1042, answer.GetProperty("productId").GetInt32());
        Assert.Equal(subscription, answer.TryGetProperty("subscriptionId", out var id) ? id.GetInt32() : null);
        Assert.True(SignedText.TryVerify(["news-sign-secret"u8.ToArray()], answer.GetProperty("sig").GetString(), out _));
        Assert.Equal(["https://www.news.test"], response.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal("no-store, private", response.Headers.CacheControl!.ToString());
    }

    [Theory]
    [InlineData("/hasProduct/1042")]
    [InlineData("/hasSubscription/1042")]
    public async Task Nobody_IsToldSo(string path)
    {
        await using var browser = await BrowserHost.StartAsync();

        await (await browser.FetchAsync(path)).ProblemAsync(401);
    }

    [Theory]
    [InlineData("/hasProduct/1042")]
    [InlineData("/hasSubscription/1042")]
    public async Task WithoutACookie_TheSdkIsSentToTheScripts_AndGetsNone(string path)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(HttpMethod.Get, path + "?client_sdrn=" + BrowserHost.Sdrn, null, ("Origin", WebHostFixture.PageOrigin));

        await response.ProblemAsync(400);
        Assert.Null(response.SetCookie());
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("https://evil.test", "cross-site", 403)]
    [InlineData("null", "cross-site", 403)]
    [InlineData("https://www.news.test", "cross-site", 401)]
    [InlineData("https://www.news.test", "none", 401)]
    public async Task AForeignPage_LearnsNothing(string origin, string site, int status)
    {
        await using var browser = await BrowserHost.StartAsync();
        browser.SignIn("7");

        await (await browser.FetchAsync("/hasProduct/1042", origin: origin, site: site)).ProblemAsync(status);
        Assert.Empty(browser.Grains.Calls);
    }

    [Theory]
    [InlineData("/hasProduct/%3Cscript%3E")]
    [InlineData("/hasProduct/a%2Fb")]
    [InlineData("/hasSubscription/1,2")]
    public async Task AnIdThatIsNone_IsRefused(string path)
    {
        await using var browser = await BrowserHost.StartAsync();

        await (await browser.FetchAsync(path)).ProblemAsync(400);
    }
}
