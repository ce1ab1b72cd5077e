using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>What our SDK keeps of the real host's answers, on a site's own domain, as the browser's clock goes on.</summary>
[Collection(ChromiumTests.Name)]
public sealed class KeptSessionTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private const string Anna = "1844813";
    private const string Session = "id.news.test/rpc/hasSession.js";

    /// <summary>No session is believed for longer, whatever has become of it elsewhere.</summary>
    private const int KeptSecondsMax = 300;

    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    private int Asked => domain.Requests.Count(request => request == Session);

    public async ValueTask InitializeAsync()
    {
        _profile = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        await _profile.Clock.InstallAsync();
        _page = await _profile.NewPageAsync();
        await LoadAsync();
        domain.Forget();
    }

    [Theory]
    [InlineData("localstorage")]
    [InlineData("cookie")]
    public async Task Two_AKeptSession_NeedsNoRequestOnTheNextPage_AndIsAskedForOnceItHasExpired(string storage)
    {
        await SignInAsync(Anna);
        await StartTwoAsync(new { storage });
        Assert.InRange((await HasSessionAsync()).GetProperty("answer").GetProperty("expiresIn").GetInt32(), 1, KeptSecondsMax);
        await StartTwoAsync(new { storage });
        var kept = await HasSessionAsync();

        Assert.Equal(1, Asked);
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"], Fired(kept));
        await _page.Clock.FastForwardAsync((KeptSecondsMax + 1) * 1_000);
        await HasSessionAsync();
        Assert.Equal(2, Asked);
    }

    [Fact]
    public async Task Two_AnotherPersonsLogin_IsAUserChangeOnceTheKeptSessionHasExpired()
    {
        var visitor = await SignInAsync(Anna);
        await StartTwoAsync(new { storage = "localstorage" });
        await HasSessionAsync();

        await domain.SignInAsync(visitor, "42");
        Assert.Equal(Anna, UserOf(await HasSessionAsync()));
        await _page.Clock.FastForwardAsync((KeptSecondsMax + 1) * 1_000);
        var changed = await HasSessionAsync();

        Assert.Equal("42", UserOf(changed));
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.userChange", "SPiD.sessionChange"], Fired(changed));
        Assert.Equal(2, Asked);
    }

    [Theory]
    [InlineData("localstorage")]
    [InlineData("cookie")]
    public async Task Two_WithATimeOfThePages_AnySessionIsKeptForSoLong_ThePersonlessToo(string storage)
    {
        var options = new { storage, cache = new { hasSession = new { ttlSeconds = 2 * KeptSecondsMax } } };
        await StartTwoAsync(options);
        var anonymous = await HasSessionAsync();
        await domain.SignInAsync(Uid(anonymous), Anna);
        await _page.Clock.FastForwardAsync((2 * KeptSecondsMax - 60) * 1_000);
        await StartTwoAsync(options);
        Assert.Equal(["SPiD.visitor", "SPiD.notLoggedin", "SPiD.statusChange"], Fired(await HasSessionAsync()));
        Assert.Equal(1, Asked);

        await _page.Clock.FastForwardAsync(61_000);
        Assert.Equal(Anna, UserOf(await HasSessionAsync()));
        await _page.Clock.FastForwardAsync((KeptSecondsMax + 1) * 1_000);
        Assert.Equal(Anna, UserOf(await HasSessionAsync()));
        Assert.Equal(2, Asked);
    }

    [Fact]
    public async Task One_KeepsItsSessionInACookieOfTheSitesDomain_AndStartsFromItOnTheNextPage()
    {
        await SignInAsync(Anna);

        Assert.Equal(["auth.visitor", "auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"], await StartOneAsync("auth.sessionInit"));
        var cookie = Assert.Single(await _profile.CookiesAsync(), cookie => cookie.Name == "vgs_js_news");
        Assert.Equal(".news.test", cookie.Domain);
        Assert.Equal(Anna, JsonElement.Parse(Uri.UnescapeDataString(cookie.Value)).GetProperty("userId").ToString());
        Assert.Equal(["auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"], await StartOneAsync("auth.sessionInit"));
        Assert.Equal(1, Asked);

        await _page.EvaluateAsync("() => new Promise(resolve => VGS.Auth.logout(resolve))");
        Assert.DoesNotContain(await _profile.CookiesAsync(), cookie => cookie.Name == "vgs_js_news");
        Assert.Equal(["auth.visitor", "VGS.error", "auth.notLoggedin"], await StartOneAsync("auth.notLoggedin"));
    }

    [Fact]
    public async Task One_AsksAgainEachRefreshTimeout_AndTellsOfAnotherPersonsLogin()
    {
        var visitor = await SignInAsync(Anna);
        await StartOneAsync("auth.sessionInit");
        await domain.SignInAsync(visitor, "42");
        await _page.EvaluateAsync("() => { fired.length = 0; }");

        // The first generation's own quarter of an hour.
        await _page.Clock.FastForwardAsync(900_000);
        await _page.WaitForFunctionAsync("() => fired.includes('auth.userChange')");

        Assert.Equal(["auth.visitor", "auth.logout", "auth.login", "auth.sessionChange", "auth.userChange"], await _page.EvaluateAsync<string[]>("() => fired"));
        Assert.Equal("42", await _page.EvaluateAsync<string>("() => String(VGS.getSession().userId)"));
        Assert.Equal(2, Asked);
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private async Task LoadAsync()
    {
        await _page.GotoAsync(domain.Origin("www.news.test") + "/bare");
        await _page.AddScriptTagAsync(new() { Url = domain.Origin("id.news.test") + "/js/spid-sdk.js" });
    }

    /// <summary>Signs somebody in as the site's back end; forgets the requests that it took.</summary>
    private async Task<string> SignInAsync(string user)
    {
        await StartTwoAsync(new { });
        var visitor = Uid(await HasSessionAsync());
        await domain.SignInAsync(visitor, user);
        domain.Forget();
        return visitor;
    }

    /// <summary>Initialises the second generation on a fresh page.</summary>
    private async Task StartTwoAsync(object options)
    {
        await LoadAsync();
        await _page.EvaluateAsync(
            """
            ({ server, options }) => {
              window.fired = [];
              ['visitor', 'login', 'logout', 'userChange', 'sessionChange', 'notLoggedin', 'sessionInit', 'statusChange', 'error']
                .forEach(name => SPiD.event.subscribe('SPiD.' + name, () => fired.push('SPiD.' + name)));
              SPiD.init(Object.assign({ client_id: 'news', server }, options));
            }
            """,
            new { server = domain.Origin("id.news.test"), options });
    }

    private Task<JsonElement> HasSessionAsync() => _page.EvaluateAsync<JsonElement>(
        "() => new Promise(resolve => { fired.length = 0; SPiD.hasSession((error, answer) => resolve({ error, answer, fired: fired.slice() })); })");

    /// <summary>Initialises the first generation, with a cookie, on a fresh page; gives what it fired until that event.</summary>
    private async Task<string[]> StartOneAsync(string last)
    {
        await LoadAsync();
        return await _page.EvaluateAsync<string[]>(
            """
            ({ server, last }) => new Promise(resolve => {
              window.fired = [];
              ['auth.visitor', 'auth.login', 'auth.logout', 'auth.userChange', 'auth.sessionChange', 'auth.notLoggedin', 'auth.sessionInit',
                'auth.statusChange', 'VGS.error'].forEach(name => VGS.Event.subscribe(name, () => {
                fired.push(name);
                if (name === last) resolve(fired.slice());
              }));
              VGS.init({ client_id: 'news', server, cookie: true });
            })
            """,
            new { server = domain.Origin("id.news.test"), last });
    }

    private static string[] Fired(JsonElement result) => [.. result.GetProperty("fired").EnumerateArray().Select(name => name.GetString()!)];

    private static string? UserOf(JsonElement result) => result.GetProperty("answer").GetProperty("visitor").GetProperty("user_id").GetString();

    private static string Uid(JsonElement result) => result.GetProperty("answer").GetProperty("visitor").GetProperty("uid").GetString()!;
}
