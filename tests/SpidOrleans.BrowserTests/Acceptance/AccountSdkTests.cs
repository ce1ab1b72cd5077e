using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>account-sdk-browser as published, unmodified, at the real host.</summary>
[Collection(ChromiumTests.Name)]
public sealed class AccountSdkTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private const string Four = "4.6.0";
    private const string Five = "5.1.1";
    private const string Anna = "1844813";

    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        _page = await _profile.NewPageAsync();
        domain.Forget();
    }

    [Theory]
    [InlineData(Four, "/session")]
    [InlineData(Five, "/v2/session")]
    public async Task Anonymous_IsNotLoggedInAndCarriesTheVisitor(string version, string path)
    {
        await LoadAsync(version);

        var session = await HasSessionAsync();

        Assert.Equal(["notLoggedin"], Events(session));
        Assert.False(session.GetProperty("isLoggedIn").GetBoolean());
        Assert.Equal(["id.news.test" + path], domain.Requests);
        await LoadAsync(version);
        Assert.Equal(Uid(session), Uid(await HasSessionAsync()));
    }

    [Theory]
    [InlineData(Four)]
    [InlineData(Five)]
    public async Task ASignedInUser_IsLoggedInWithOneRequestForManyQuestions(string version)
    {
        await LoadAsync(version);
        await domain.SignInAsync(Uid(await HasSessionAsync()), Anna);
        await LoadAsync(version, forget: true);
        domain.Forget();

        var session = await HasSessionAsync();

        Assert.Equal(["login", "sessionChange", "sessionInit", "statusChange"], Events(session));
        Assert.True(session.GetProperty("isLoggedIn").GetBoolean());
        Assert.True(session.GetProperty("isConnected").GetBoolean());
        Assert.Equal(Anna, session.GetProperty("session").GetProperty("userId").ToString());
        Assert.Single(domain.Requests);
    }

    [Theory]
    [InlineData(Four)]
    [InlineData(Five)]
    public async Task Access_IsWhatTheUserHas(string version)
    {
        await LoadAsync(version);
        await domain.SignInAsync(Uid(await HasSessionAsync()), Anna);
        await LoadAsync(version, forget: true);
        await HasSessionAsync();

        var granted = await AccessAsync("[\"nothing\",\"1042\"]");
        Assert.Equal("1042", granted.GetProperty("allowedFeatures")[0].GetString());
        Assert.True(granted.GetProperty("entitled").GetBoolean());
        Assert.Equal(JsonValueKind.Null, (await AccessAsync("[\"nothing\"]")).ValueKind);
    }

    [Fact]
    public async Task APageOfAnotherOrigin_IsRefused()
    {
        await LoadAsync(Five);
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        await LoadAsync(Five, host: "neighbour.news.test");

        var session = await HasSessionAsync();

        Assert.Equal(["error"], Events(session));
        Assert.DoesNotContain(uid, session.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARefresh_LeadsThroughTheHostBackToThePage()
    {
        await LoadAsync(Five);
        domain.Forget();
        domain.Meddling["/v2/session"] = _ => (200, Encoding.UTF8.GetBytes("""{"redirectURL":"session/refresh"}"""));

        await LeaveAndReturnAsync("() => { identity.hasSession(); }");

        Assert.Equal(["id.news.test/v2/session", "id.news.test/session/refresh"], domain.Requests);
        await StartAsync(Five);
        Assert.Equal(["notLoggedin"], Events(await HasSessionAsync()));
    }

    [Theory]
    [InlineData(Four)]
    [InlineData(Five)]
    public async Task LoggingOut_LeadsThroughTheHostBackToThePage_AsAnotherVisitor(string version)
    {
        await LoadAsync(version);
        var uid = Uid(await HasSessionAsync());
        await domain.SignInAsync(uid, Anna);
        await LoadAsync(version, forget: true);
        await HasSessionAsync();
        domain.Forget();

        await LeaveAndReturnAsync("() => { identity.logout(); }");

        Assert.Equal(["id.news.test/logout"], domain.Requests);
        await StartAsync(version);
        var session = await HasSessionAsync();
        Assert.Equal(["notLoggedin"], Events(session));
        Assert.NotEqual(uid, Uid(session));
    }

    [Fact]
    public async Task ARefresh_ToAnAddressThatIsNotRegistered_IsRefused()
    {
        await LoadAsync(Five);
        var address = $"{domain.Origin("id.news.test")}/session/refresh?client_sdrn=sdrn:schibsted.com:client:news&redirect_uri="
            + Uri.EscapeDataString(domain.Origin("www.evil.test") + "/page");

        var answer = await _page.GotoAsync(address);

        Assert.Equal((400, address), (answer!.Status, answer.Url));
    }

    public async ValueTask DisposeAsync()
    {
        domain.Meddling.Clear();
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private async Task LoadAsync(string version, string host = "www.news.test", bool forget = false)
    {
        await AccountSdk.RequireAsync(version);
        await _page.GotoAsync(domain.Origin(host) + "/page");
        // What the SDK remembers of an anonymous answer: the site logs in through it, which forgets that.
        if (forget) await _page.EvaluateAsync("() => sessionStorage.clear()");
        await StartAsync(version);
    }

    /// <summary>Does what leads away from the page, and waits until the browser is back on it, as another document.</summary>
    private async Task LeaveAndReturnAsync(string act)
    {
        await _page.EvaluateAsync("() => { window.isFormer = true; }");
        await _page.EvaluateAsync(act);
        await _page.WaitForFunctionAsync(
            "url => !window.isFormer && location.href === url && document.readyState === 'complete'",
            domain.Origin("www.news.test") + "/page",
            // Three requests and two pages, on a busy machine.
            new() { Timeout = 60_000 });
    }

    private async Task StartAsync(string version)
    {
        await _page.AddScriptTagAsync(new() { Url = $"{domain.Origin("www.news.test")}/{version}.js" });
        await _page.EvaluateAsync(
            """
            config => {
              window.fired = [];
              window.identity = new Identity(config);
              window.monetization = new Monetization(config);
              ['login', 'logout', 'userChange', 'sessionChange', 'notLoggedin', 'sessionInit', 'statusChange', 'error']
                .forEach(name => identity.on(name, () => fired.push(name)));
            }
            """,
            new { clientId = "news", redirectUri = domain.Origin("www.news.test") + "/page", sessionDomain = domain.Origin("id.news.test"), env = "PRE" });
    }

    /// <summary>The session with the events of the first question, and what further questions answer.</summary>
    private Task<JsonElement> HasSessionAsync() => _page.EvaluateAsync<JsonElement>(
        """
        async () => {
          const session = await identity.hasSession().catch(error => ({ failure: String(error) }));
          const events = fired.splice(0);
          return session.failure ? { session, events } : { session, events, isLoggedIn: await identity.isLoggedIn(), isConnected: await identity.isConnected() };
        }
        """);

    private Task<JsonElement> AccessAsync(string ids) =>
        _page.EvaluateAsync<JsonElement>($"() => monetization.hasAccess({ids}, {Anna})");

    private static string[] Events(JsonElement result) => [.. result.GetProperty("events").EnumerateArray().Select(name => name.GetString()!)];

    private static string Uid(JsonElement result) => result.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString()!;
}
