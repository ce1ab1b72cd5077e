using SpidOrleans.TestKit.Identity;
using Xunit;

namespace SpidOrleans.UnitTests.Web.SignIn;

/// <summary>A logout that ends the session at the provider too.</summary>
public sealed class ProviderLogoutTests
{
    private static readonly (string, string) FromSite = ("Referer", WebHostFixture.PageOrigin + "/");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhereItIsConfigured_TheProvidersSessionEndsToo_AndTheBrowserReturnsToTheSite(bool isAskedFirst)
    {
        await using var provider = await IdentityProvider.StartAsync(endsSessions: true);
        await using var host = await StartAsync(provider);
        using var browser = new TestBrowser(host.Origin);
        provider.Person = new Dictionary<string, string> { ["sub"] = "ann" };
        await browser.VisitAsync();

        var logout = SignInHost.Flow("/logout", ("state", "s 1"));
        var left = isAskedFirst ? await browser.SubmitAsync(await browser.GetAsync(logout)) : await browser.GetAsync(logout, FromSite);
        Assert.Single(host.Grains.Calls, call => call.Method == "Logout");
        var there = await TestBrowser.GoesToAsync(left);
        Assert.StartsWith(provider.Authority + "endsession?", there, StringComparison.Ordinal);
        Assert.DoesNotContain("s%201", there, StringComparison.Ordinal);
        var (_, way) = await browser.FollowAsync(await browser.GetAsync(there!));

        Assert.Null(provider.Person);
        Assert.StartsWith(host.Origin + "/signout-oidc?state=", way[0], StringComparison.Ordinal);
        Assert.Equal([way[0], SignInHost.Back + "?state=s%201"], way);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?state=")]
    [InlineData("?state=forged")]
    [InlineData("?state=%00&post_logout_redirect_uri=https://evil.test/")]
    [InlineData("?redirect_uri=https://evil.test/")]
    public async Task AReturn_ThatIsNotOurs_LeadsNowhere(string query)
    {
        await using var provider = await IdentityProvider.StartAsync(endsSessions: true);
        await using var host = await StartAsync(provider);
        using var browser = new TestBrowser(host.Origin);

        var answer = await browser.GetAsync("/signout-oidc" + query);

        await answer.PageAsync(400);
        Assert.Null(answer.Headers.Location);
    }

    [Fact]
    public async Task AReturn_WithTheStateOfASignIn_LeadsNowhere()
    {
        await using var provider = await IdentityProvider.StartAsync(endsSessions: true);
        await using var host = await StartAsync(provider);
        using var browser = new TestBrowser(host.Origin);
        var (_, way) = await browser.FollowAsync(await browser.GetAsync(SignInHost.Flow("/flow/login")), until: provider.Authority.ToString());
        var state = way[^1].Split('&', '?').Single(part => part.StartsWith("state=", StringComparison.Ordinal));

        await (await browser.GetAsync("/signout-oidc?" + state)).PageAsync(400);
    }

    [Theory]
    [InlineData("not configured")]
    [InlineData("no such address there")]
    [InlineData("the provider is away")]
    public async Task Otherwise_TheBrowserIsSignedOutHere_AndReturnsAtOnce(string why)
    {
        await using var provider = await IdentityProvider.StartAsync(endsSessions: why != "no such address there");
        await using var host = await StartAsync(provider, ends: why != "not configured");
        using var browser = new TestBrowser(host.Origin);
        await browser.VisitAsync();
        if (why == "the provider is away") provider.Trouble = context => { context.Response.StatusCode = 503; return Task.CompletedTask; };

        var answer = await browser.GetAsync(SignInHost.Flow("/logout"), FromSite);

        Assert.Equal((302, SignInHost.Back), ((int)answer.StatusCode, answer.Headers.Location?.OriginalString));
        Assert.Single(host.Grains.Calls, call => call.Method == "Logout");
        if (why == "not configured") await (await browser.GetAsync("/signout-oidc?state=x")).ProblemAsync(404);
    }

    private static async Task<WebHostFixture> StartAsync(IdentityProvider provider, bool ends = true)
    {
        var host = await SignInHost.StartAsync(provider, more: ends ? [("Identity:EndProviderSession", "true")] : []);
        await provider.RegisterAsync(new Uri(host.Http.BaseAddress!, "/signin-oidc"), new Uri(host.Http.BaseAddress!, "/signout-oidc"));
        return host;
    }
}
