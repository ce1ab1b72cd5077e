using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>account-sdk-browser 3.0 and 5.2, as npm has neither, by what they send: 3.0's JSONP, and 5.2 below a path of the site.</summary>
[Collection(ChromiumTests.Name)]
public sealed class AccountWireTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private const string Anna = "1844813";

    private static readonly string[] SignedIn = ["login", "sessionChange", "sessionInit", "statusChange"];

    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        _page = await _profile.NewPageAsync();
        await LoadAsync();
        domain.Forget();
    }

    [Fact]
    public async Task Three_Anonymous_IsARejectionThatItsOwnCallbackBrings()
    {
        var result = await AskThreeAsync();

        Assert.Equal(["error"], Events(result));
        Assert.Equal((401, "UserException"), (result.GetProperty("error").GetProperty("code").GetInt32(), result.GetProperty("error").GetProperty("type").GetString()));
        Assert.Equal(["session.id.news.test/rpc/hasSession.js"], domain.Requests);
        Assert.Matches(@"\Ajsonp_\d+_\d+\z", Assert.Single(await _page.EvaluateAsync<string[]>("() => sdk.calls")));
    }

    [Fact]
    public async Task Three_ASignedInUser_IsTheSessionWithItsProducts()
    {
        await SignInAsync(Anna);

        var result = await AskThreeAsync();

        Assert.Equal(SignedIn, Events(result));
        Assert.Equal(long.Parse(Anna), result.GetProperty("session").GetProperty("userId").GetInt64());
        Assert.True((await CallAsync("hasProduct", "1042")).GetProperty("result").GetBoolean());
        Assert.False((await CallAsync("hasProduct", "1043")).GetProperty("result").GetBoolean());
        Assert.Equal("99", (await CallAsync("hasSubscription", "2000")).GetProperty("subscriptionId").ToString());
    }

    [Fact]
    public async Task Three_AfterALoginException_AsksTheCoreOnce()
    {
        await SignInAsync(Anna);
        domain.Meddling["/rpc/hasSession.js"] = body => (200, Encoding.UTF8.GetBytes(Regex.Replace(
            Encoding.UTF8.GetString(body), @"\}\)\(\{.*\}\);", """})({"error":{"code":401,"type":"LoginException","description":"No session found!"},"response":{"result":false}});""",
            RegexOptions.Singleline)));

        Assert.Equal(SignedIn, Events(await AskThreeAsync()));
        Assert.Equal(["session.id.news.test/rpc/hasSession.js", "id.news.test/ajax/hasSession.js"], domain.Requests);
    }

    [Fact]
    public async Task Three_WithASessionService_AsksThatAlone()
    {
        var anonymous = await AskThreeAsync(hasService: true);
        Assert.Equal(["notLoggedin"], Events(anonymous));
        Assert.False(anonymous.GetProperty("session").TryGetProperty("result", out _));

        await SignInAsync(Anna);
        Assert.Equal(SignedIn, Events(await AskThreeAsync(hasService: true)));
        Assert.Equal(["id.news.test/session"], domain.Requests);
    }

    [Fact]
    public async Task Three_WhoseSessionServiceKnowsNoCookie_FallsBackToJsonp()
    {
        await SignInAsync(Anna);
        domain.Meddling["/session"] = body => (400, body);

        Assert.Equal(SignedIn, Events(await AskThreeAsync(hasService: true)));
        Assert.Equal(["id.news.test/session", "session.id.news.test/rpc/hasSession.js"], domain.Requests);
    }

    [Fact]
    public async Task Three_WithASessionService_AsksItForProducts()
    {
        await SignInAsync(Anna);
        await AskThreeAsync(hasService: true);
        domain.Forget();

        var product = await CallAsync("hasProduct", "1042");
        Assert.True(product.GetProperty("result").GetBoolean());
        Assert.Equal((1042, long.Parse(Anna)), (product.GetProperty("productId").GetInt32(), product.GetProperty("userId").GetInt64()));
        Assert.False((await CallAsync("hasProduct", "1043")).GetProperty("result").GetBoolean());
        Assert.Equal("99", (await CallAsync("hasSubscription", "2000")).GetProperty("subscriptionId").ToString());
        Assert.Equal(["id.news.test/hasProduct/1042", "id.news.test/hasProduct/1043", "id.news.test/hasSubscription/2000"], domain.Requests);
    }

    [Fact]
    public async Task Three_AnonymousWithASessionService_IsRefusedProducts_AndWithoutACookieFallsBackToJsonp()
    {
        await AskThreeAsync(hasService: true);
        Assert.Equal(401, (await CallAsync("hasProduct", "1042")).GetProperty("code").GetInt32());

        await _profile.ClearCookiesAsync();
        domain.Forget();
        Assert.Equal(401, (await CallAsync("hasProduct", "1042")).GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal(["id.news.test/hasProduct/1042", "id.news.test/ajax/hasproduct.js"], domain.Requests);
    }

    [Fact]
    public async Task Five_BelowAPathOfTheSite_IsTheSessionAndItsAccess()
    {
        var anonymous = await AskFiveAsync();
        Assert.Equal(["notLoggedin"], Events(anonymous));
        var uid = Uid(anonymous);
        Assert.Equal(uid, Uid(await AskFiveAsync()));
        await domain.SignInAsync(uid, Anna);

        Assert.Equal(SignedIn, Events(await AskFiveAsync()));
        Assert.Equal("1042", (await _page.EvaluateAsync<JsonElement>("() => sdk.hasAccess(['nothing', '1042'])")).GetProperty("allowedFeatures")[0].GetString());
        Assert.Equal(
            [.. Enumerable.Repeat(Below("/session"), 3), Below("/hasAccess/1042,nothing")], domain.Requests);
    }

    [Fact]
    public async Task Five_BelowAPathOfTheSite_IsLedThroughThatPathAndBack()
    {
        var uid = Uid(await AskFiveAsync());
        await domain.SignInAsync(uid, Anna);
        domain.Forget();

        domain.Meddling["/session"] = _ => (200, Encoding.UTF8.GetBytes("""{"redirectURL":"session/refresh"}"""));
        await LeaveAndReturnAsync("() => { sdk.hasSession(); }");
        await AskFiveAsync();
        await LeaveAndReturnAsync("() => { sdk.logout(); }");

        Assert.Equal([Below("/session"), Below("/session/refresh"), Below("/session"), Below("/logout")], domain.Requests);
        var after = await AskFiveAsync();
        Assert.Equal(["notLoggedin"], Events(after));
        Assert.NotEqual(uid, Uid(after));
    }

    public async ValueTask DisposeAsync()
    {
        domain.Meddling.Clear();
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private static string Below(string path) => "www.news.test" + NewsDomain.SessionPath + path;

    private string Page => domain.Origin("www.news.test") + "/page";

    private async Task LoadAsync()
    {
        await _page.GotoAsync(domain.Origin("www.news.test") + "/bare");
        await _page.AddScriptTagAsync(new() { Url = domain.Origin("www.news.test") + "/account-sdks.js" });
    }

    private async Task SignInAsync(string user)
    {
        await domain.SignInAsync(Uid(await AskFiveAsync()), user);
        domain.Forget();
    }

    private Task<JsonElement> AskThreeAsync(bool hasService = false) => AskAsync("three", hasService ? domain.Origin("id.news.test") : null);

    private Task<JsonElement> AskFiveAsync() => AskAsync("five", domain.Origin("www.news.test") + NewsDomain.SessionPath);

    /// <summary>What a freshly initialised SDK of that version finds, and fires.</summary>
    private Task<JsonElement> AskAsync(string version, string? service) => _page.EvaluateAsync<JsonElement>(
        "({ version, config }) => { window.sdk = window[version](config); return sdk.hasSession(); }",
        new { version, config = new { client = "news", page = Page, service, core = domain.Origin("id.news.test"), cluster = domain.Origin("session.id.news.test") } });

    private Task<JsonElement> CallAsync(string method, string argument) =>
        _page.EvaluateAsync<JsonElement>("({ method, argument }) => sdk[method](argument)", new { method, argument });

    /// <summary>Does what leads away from the page, and waits until the browser is where its client wants it, in another document.</summary>
    private async Task LeaveAndReturnAsync(string act)
    {
        await _page.EvaluateAsync("() => { window.isFormer = true; }");
        await _page.EvaluateAsync(act);
        await _page.WaitForFunctionAsync(
            "url => !window.isFormer && location.href === url && document.readyState === 'complete'", Page,
            // Three requests and two pages, on a busy machine.
            new() { Timeout = 60_000 });
        await LoadAsync();
    }

    private static string[] Events(JsonElement result) => [.. result.GetProperty("events").EnumerateArray().Select(name => name.GetString()!)];

    private static string Uid(JsonElement result) => result.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString()!;
}
