using SpidOrleans.BrowserTests.Browsing;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>What the SDK keeps between pages, and what it asks for all the same.</summary>
public sealed class StorageTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    private static readonly string[] SignedIn2 = ["SPiD.visitor", "SPiD.login", "SPiD.sessionChange", "SPiD.sessionInit", "SPiD.statusChange"];
    private static readonly string[] SignedIn1 = ["auth.statusChange", "auth.login", "auth.sessionChange", "auth.sessionInit"];

    [Theory]
    [InlineData("localstorage")]
    [InlineData("cookie")]
    public async Task AKeptSession_FiresTheSameWithoutARequestUntilItHasExpired(string storage)
    {
        StandIn.User = "42";
        await Profile.Clock.InstallAsync();
        var page = await OpenAsync(options: new { storage });
        var first = await page.HasSessionAsync();
        await page.LoadAsync();
        var second = await page.HasSessionAsync();

        Assert.Equal(1, StandIn.SessionCalls);
        Assert.Equal(first.GetProperty("session").GetProperty("visitor").ToString(), second.GetProperty("session").GetProperty("visitor").ToString());
        Assert.Equal(SignedIn2, await page.FiredAsync("SPiD."));
        Assert.Equal(SignedIn1, await page.FiredAsync("1"));

        await page.Tab.Clock.FastForwardAsync((StandIn.ExpiresInSeconds + 1) * 1_000);
        await page.HasSessionAsync();
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Fact]
    public async Task AKeptSession_OfSdk26_IsTakenOver()
    {
        var page = await OpenAsync(options: new { storage = "localstorage" });
        await page.Tab.EvaluateAsync(
            """
            () => localStorage.setItem('spid_js_news', JSON.stringify(
              { result: true, userId: 42, visitor: { uid: 'u' }, _expires: new Date(Date.now() + 60000) }))
            """);
        Assert.Equal(42, (await page.HasSessionAsync()).GetProperty("session").GetProperty("userId").GetInt32());
        Assert.Equal(0, StandIn.SessionCalls);

        await page.Tab.EvaluateAsync("() => localStorage.setItem('spid_js_news', JSON.stringify({ result: true, userId: 42, _expires: new Date(Date.now() - 1) }))");
        await page.HasSessionAsync();
        Assert.Equal(1, StandIn.SessionCalls);
    }

    [Theory]
    [InlineData("cache", 1, 2)]
    [InlineData("standard", 2, 3)]
    [InlineData(null, 2, 3)]
    public async Task ASessionInMemoryOrNowhere_IsAskedForOnThePageOrEachTime(string? storage, int onOnePage, int afterAnother)
    {
        StandIn.User = "42";
        var page = await OpenAsync(options: storage is null ? null : new { storage });
        await page.HasSessionAsync();
        await page.HasSessionAsync();
        Assert.Equal(onOnePage, StandIn.SessionCalls);
        await page.LoadAsync();
        await page.HasSessionAsync();

        Assert.Equal(afterAnother, StandIn.SessionCalls);
        Assert.Equal(0, await page.Tab.EvaluateAsync<int>("() => localStorage.length + document.cookie.length"));
    }

    [Fact]
    public async Task AnAnonymousAnswer_IsKeptWhereTheOptionsSaySo()
    {
        await Profile.Clock.InstallAsync();
        var page = await OpenAsync(options: new { cache = new { hasSession = new { ttlSeconds = 60 } } });
        await page.HasSessionAsync();
        await page.LoadAsync();
        var kept = await page.HasSessionAsync();
        Assert.Equal(1, StandIn.SessionCalls);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, kept.GetProperty("error").ValueKind);
        Assert.Equal(["SPiD.visitor", "SPiD.notLoggedin", "SPiD.statusChange"], await page.FiredAsync("SPiD."));

        await page.Tab.Clock.FastForwardAsync(61_000);
        await page.HasSessionAsync();
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Fact]
    public async Task Track_UnderAKeptSession_AsksTheServerWhoTheVisitorIs()
    {
        StandIn.User = "42";
        var page = await OpenAsync(options: new { storage = "localstorage" });
        var former = Uid(await page.HasSessionAsync());
        // Somebody else has signed in meanwhile, and the browser is another visitor.
        await Profile.ClearCookiesAsync();
        StandIn.User = "43";
        await page.LoadAsync();
        Assert.Equal(former, Uid(await page.HasSessionAsync()));
        await page.FiredAsync("SPiD.");
        await page.TrackAsync("Article read");

        var arrival = Assert.Single(await AllArriveOnceAsync("Article read"));
        Assert.NotEqual(former, arrival.VisitorId);
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.userChange", "SPiD.sessionChange"], await page.FiredAsync("SPiD."));
        Assert.Equal(arrival.VisitorId, Uid(await page.HasSessionAsync()));
    }

    [Fact]
    public async Task SessionCache_IsTheSitesToReadWriteAndClear()
    {
        StandIn.User = "42";
        var page = await OpenAsync(options: new { storage = "localstorage" });
        await page.HasSessionAsync();
        var seen = await page.Tab.EvaluateAsync<string>(
            """
            () => {
              const { sessionCache } = SPiD;
              sessionCache.set({ a: 1 }, 60, 'mine');
              const values = [sessionCache.get().userId, sessionCache.get('mine').a, sessionCache.get('none')];
              sessionCache.clear('mine');
              return JSON.stringify(values.concat(sessionCache.get('mine')));
            }
            """);
        Assert.Equal("""["42",1,null,null]""", seen);

        await page.Tab.EvaluateAsync("() => SPiD.sessionCache.clear()");
        await page.HasSessionAsync();
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Fact]
    public async Task VgsInit_WithACookie_StartsFromItAndFiresNoVisitor()
    {
        StandIn.User = "42";
        var first = await StartVgsAsync("{ cookie: true }", "auth.sessionInit");
        Assert.Equal(["auth.visitor", .. SignedIn1], first);
        Assert.Contains("vgs_js_news=", (await Profile.CookiesAsync()).Select(cookie => cookie.Name + "="));
        Assert.Contains("SP_ID=", (await Profile.CookiesAsync()).Select(cookie => cookie.Name + "="));

        Assert.Equal(SignedIn1, await StartVgsAsync("{ cookie: true }", "auth.sessionInit"));
        Assert.Equal(1, StandIn.SessionCalls);

        var asking = await StartVgsAsync("{ cookie: true, status: true }", "VGS.loginStatus");
        Assert.Equal([.. SignedIn1, "auth.visitor", "VGS.loginStatus"], asking);
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Fact]
    public async Task VgsInit_WithASession_AsksForNone()
    {
        Assert.Equal(SignedIn1, await StartVgsAsync("{ session: { result: true, userId: 42, id: 'i', sig: 's', userStatus: 'connected' } }", "auth.sessionInit"));
        Assert.Equal(0, StandIn.SessionCalls);
    }

    [Fact]
    public async Task Vgs_AsksAgainEachRefreshTimeout()
    {
        StandIn.User = "42";
        await Profile.Clock.InstallAsync();
        await StartVgsAsync("{ refresh_timeout: 60000 }", "auth.sessionInit");
        var tab = Profile.Pages[^1];
        StandIn.User = "43";
        await tab.Clock.FastForwardAsync(59_000);
        Assert.Equal(1, StandIn.SessionCalls);
        await tab.Clock.FastForwardAsync(1_100);
        await tab.WaitForFunctionAsync("() => fired.includes('auth.userChange')");

        Assert.Equal(2, StandIn.SessionCalls);
        await tab.CloseAsync();
        // Longer than a timer can be is not at once.
        await StartVgsAsync("{ refresh_timeout: 3600000000 }", "auth.sessionInit");
        await Profile.Pages[^1].Clock.FastForwardAsync(3_600_000);
        Assert.Equal(3, StandIn.SessionCalls);
    }

    /// <summary>Initialises the first generation on a fresh page; gives what it fired until that event.</summary>
    private async Task<string[]> StartVgsAsync(string options, string last)
    {
        var tab = await OpenBareAsync();
        return await tab.EvaluateAsync<string[]>(
            $$"""
            ({ server, last }) => new Promise(resolve => {
              window.fired = [];
              ['auth.visitor', 'auth.login', 'auth.logout', 'auth.userChange', 'auth.sessionChange', 'auth.notLoggedin', 'auth.sessionInit',
                'auth.statusChange', 'VGS.error', 'VGS.loginStatus'].forEach(name => VGS.Event.subscribe(name, () => {
                fired.push(name);
                if (name === last) resolve(fired.slice());
              }));
              VGS.init(Object.assign({ client_id: 'news', server }, {{options}}));
            })
            """,
            new { server = Server, last });
    }

    private static string Uid(System.Text.Json.JsonElement answer) =>
        answer.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString()!;
}
