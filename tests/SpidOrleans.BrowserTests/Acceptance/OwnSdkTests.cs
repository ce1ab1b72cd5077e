using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Sending;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>Our SDK at the real host, on a site's own domain.</summary>
[Collection(ChromiumTests.Name)]
public sealed class OwnSdkTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private const string Anna = "1844813";

    // A page waits a minute at most between two attempts.
    private static readonly TimeSpan Delivery = TimeSpan.FromSeconds(120);

    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    public async ValueTask InitializeAsync()
    {
        _profile = await OpenProfileAsync();
        _page = await OpenAsync(_profile);
        domain.Forget();
    }

    [Fact]
    public async Task SpId_IsOnTheSitesDomain_OpensAProductAndGoesWithTheSession()
    {
        await domain.SignInAsync(Uid(await CallAsync("hasSession")), Anna);
        await LoadAsync(_page, "{ setVarnishCookie: true }");
        await CallAsync("hasSession");

        var cookie = Assert.Single(await _profile.CookiesAsync(), cookie => cookie.Name == "SP_ID");
        Assert.Equal(".news.test", cookie.Domain);
        Assert.True((await CallAsync("hasProduct", "1042")).GetProperty("answer").GetProperty("result").GetBoolean());
        Assert.False((await CallAsync("hasProduct", "1043")).GetProperty("answer").GetProperty("result").GetBoolean());
        var subscription = (await CallAsync("hasSubscription", "2000")).GetProperty("answer");
        Assert.Equal((true, "99"), (subscription.GetProperty("result").GetBoolean(), subscription.GetProperty("subscriptionId").ToString()));

        var ended = await CallAsync("logout");
        Assert.True(ended.GetProperty("answer").GetProperty("result").GetBoolean());
        Assert.DoesNotContain(await _profile.CookiesAsync(), cookie => cookie.Name == "SP_ID");
        Assert.Equal(401, (await CallAsync("hasProduct", "1042")).GetProperty("error").GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("localstorage")]
    [InlineData("cookie")]
    public async Task AKeptSession_IsServedOnTheNextPage_AndAnotherPersonsLoginIsSeenOnceItIsCleared(string storage)
    {
        var visitor = Uid(await CallAsync("hasSession"));
        await domain.SignInAsync(visitor, Anna);
        await LoadAsync(_page, $"{{ storage: '{storage}' }}");
        await CallAsync("hasSession");
        domain.Forget();
        await LoadAsync(_page, $"{{ storage: '{storage}' }}");
        Assert.Equal(Anna, UserOf(await CallAsync("hasSession")));
        Assert.DoesNotContain("id.news.test/rpc/hasSession.js", domain.Requests);

        await domain.SignInAsync(visitor, "42");
        var other = await OpenAsync(_profile, $"{{ storage: '{storage}' }}");
        await other.EvaluateAsync("() => SPiD.sessionCache.clear()");
        Assert.Equal("42", UserOf(await CallAsync("hasSession", page: other)));
        var changed = await CallAsync("hasSession");

        Assert.Equal("42", UserOf(changed));
        Assert.Equal(["SPiD.visitor", "SPiD.login", "SPiD.userChange", "SPiD.sessionChange"], await FiredAsync());
        Assert.NotEqual(visitor, Uid(changed));
    }

    [Fact]
    public async Task AcceptAgreement_IsTold()
    {
        await domain.SignInAsync(Uid(await CallAsync("hasSession")), "agreeing-" + Guid.NewGuid().ToString("N"));
        Assert.False((await CallAsync("hasSession")).GetProperty("answer").GetProperty("clientAgreementAccepted").GetBoolean());
        Assert.True((await CallAsync("acceptAgreement")).GetProperty("answer").GetProperty("clientAgreementAccepted").GetBoolean());
    }

    [Theory]
    [InlineData("SPiD")]
    [InlineData("VGS")]
    public async Task SetTraits_SignedByTheSite_GoWithTheVisitorsEvents(string generation)
    {
        var visitor = Uid(await CallAsync("hasSession"));
        await SetTraitAsync(generation, visitor);
        await TrackAsync(_page, "traits-" + visitor);

        await AssertTraitAsync(visitor);
    }

    [Theory]
    [InlineData("SPiD")]
    [InlineData("VGS")]
    public async Task SetTraits_AsTheFirstCallOnABrowsersFirstPage_AreStored(string generation)
    {
        var value = Guid.NewGuid().ToString();
        var answer = await SetTraitAsync(generation, value);
        await TrackAsync(_page, "traits-" + value);

        Assert.True(answer.GetProperty("result").GetBoolean());
        Assert.Equal(["id.news.test/rpc/hasSession.js", "id.news.test/ajax/traits.js"], domain.Requests.Take(2));
        await AssertTraitAsync(value);
    }

    [Fact]
    public async Task SetConsent_ReachesTheServer_WhichTellsNobodyTheIdUntilItIsGivenAgain()
    {
        var visitor = Uid(await CallAsync("hasSession"));
        await _page.EvaluateAsync("() => SPiD.setConsent(false)");
        var refused = (await CallAsync("hasSession")).GetProperty("answer");
        Assert.False(refused.GetProperty("tracking").GetBoolean());
        Assert.False(refused.TryGetProperty("visitor", out _));
        // Whatever a back end sends of this visitor is not taken either.
        Assert.Equal(0, await AcceptedAsync(visitor));

        await _page.EvaluateAsync("() => SPiD.setConsent(true)");
        Assert.Equal(visitor, Uid(await CallAsync("hasSession")));
        Assert.Equal(1, await AcceptedAsync(visitor));
        await TrackAsync(_page, "again-" + visitor);
        await domain.WaitForArrivalAsync(arrival => arrival.Marker == "again-" + visitor);
    }

    [Fact]
    public async Task SetConsent_FalseBeforeInit_ReachesTheServerWithTheFirstSession()
    {
        await _page.GotoAsync(domain.Origin("www.news.test") + "/bare");
        await _page.AddScriptTagAsync(new() { Url = domain.Origin("id.news.test") + "/js/spid-sdk.js" });
        await _page.EvaluateAsync("() => { SPiD.setConsent(false); }");
        await LoadAsync(_page);
        var told = _page.WaitForResponseAsync(response => response.Url.EndsWith("/v1/collect/consent", StringComparison.Ordinal));

        await CallAsync("hasSession");
        Assert.Equal(200, (await told).Status);

        Assert.False((await CallAsync("hasSession")).GetProperty("answer").GetProperty("tracking").GetBoolean());
    }

    [Fact]
    public async Task WhateverHappensToThePageAndTheNetwork_EachEventArrivesAndCountsOnce()
    {
        var names = new List<string>();
        string Name()
        {
            names.Add($"{Guid.NewGuid():N}");
            return names[^1];
        }

        // A storm, in which answers are lost as well.
        foreach (var trouble in new CollectTrouble[]
                 {
                     new CollectTrouble.Refuse(503), new CollectTrouble.LoseAnswer(), new CollectTrouble.Refuse(503), new CollectTrouble.Refuse(500),
                 }) domain.Troubles.Enqueue(trouble);
        for (var i = 0; i < 30; i++) await TrackAsync(_page, Name());
        await FlushAsync(_page);

        // Off the network and back, with a page in between.
        await _profile.SetOfflineAsync(true);
        await TrackAsync(_page, Name());
        await _profile.SetOfflineAsync(false);
        await LoadAsync(_page);
        await TrackAsync(_page, Name());

        // Closed while a batch is under way, and with events behind it.
        domain.Troubles.Enqueue(new CollectTrouble.HoldAnswer());
        await _page.EvaluateAsync("() => { SPiD.flush(); }");
        await domain.Held.WaitAsync(Delivery);
        await TrackAsync(_page, Name());
        await _page.CloseAsync();
        _page = await OpenAsync(_profile);
        await TrackAsync(_page, Name());

        await domain.Mixpanel.Arrivals.WaitForMarkersAsync(names, Delivery);
        await _page.WaitForFunctionAsync("() => Object.keys(localStorage).every(key => !key.startsWith('spid:'))", null, new() { Timeout = 60_000 });
        var arrivals = domain.Mixpanel.Arrivals.Snapshot().Where(arrival => names.Contains(arrival.Marker)).ToArray();
        Assert.Equal(names.Count, arrivals.DistinctBy(arrival => (arrival.Event, arrival.DistinctId, arrival.Time, arrival.InsertId)).Count());
    }

    [Fact]
    public async Task AnErasedBrowser_IsAnotherVisitorFromItsNextEventOn_AndKeepsNothingOfTheErasedOne()
    {
        var visitor = Uid(await CallAsync("hasSession"));
        await TrackAsync(_page, "before-" + visitor);
        await FlushAsync(_page);
        await domain.EraseAsync(visitor);

        await TrackAsync(_page, "erased-" + visitor);
        await FlushAsync(_page);
        await TrackAsync(_page, "after-" + visitor);
        await FlushAsync(_page);

        var arrival = await domain.WaitForArrivalAsync(arrival => arrival.Marker == "after-" + visitor);
        Assert.NotEqual(visitor, arrival.DeviceId);
        Assert.Equal(arrival.DeviceId, Uid(await CallAsync("hasSession")));
        Assert.DoesNotContain(domain.Mixpanel.Arrivals.Snapshot(), arrival => arrival.Marker == "erased-" + visitor);
        await _page.WaitForFunctionAsync("() => Object.keys(localStorage).every(key => !key.startsWith('spid:'))", null, new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task ASiloKilledUnderLoad_LosesNoVisitorAndLinksOnce()
    {
        using var backEnd = new BackEnd(domain.Silo.Address, TestClient.News);
        var pages = new List<(IBrowserContext Profile, IPage Page, string Visitor, string User)>();
        for (var i = 0; i < 4; i++)
        {
            var profile = await OpenProfileAsync();
            var page = await OpenAsync(profile);
            pages.Add((profile, page, Uid(await CallAsync("hasSession", page: page)), $"load-{Guid.NewGuid():N}"));
        }

        try
        {
            foreach (var (_, page, visitor, _) in pages)
                await page.EvaluateAsync("visitor => { let n = 0; window.load = setInterval(() => { window.tracked = n; SPiD.track(visitor + ' ' + n++); }, 20); }", visitor);
            var logins = pages.Select(one => backEnd.LoginUntilAcceptedAsync(one.Visitor, new LoginCall
            {
                UserId = one.User,
                Time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
                InsertId = Guid.NewGuid().ToString(),
            })).ToArray();
            await domain.Silo.KillAsync();
            await domain.Silo.StartAsync();
            await Task.WhenAll(logins);

            foreach (var (_, page, visitor, user) in pages)
            {
                var last = await page.EvaluateAsync<int>("() => { clearInterval(load); return tracked; }");
                await FlushAsync(page);
                await LoadAsync(page);
                var session = await CallAsync("hasSession", page: page);
                Assert.Equal((visitor, user), (Uid(session), UserOf(session)));
                await domain.Mixpanel.Arrivals.WaitForMarkersAsync([.. Enumerable.Range(0, last + 1).Select(n => $"{visitor} {n}")], Delivery);
            }

            foreach (var (_, _, visitor, user) in pages)
            {
                var arrivals = domain.Mixpanel.Arrivals.Snapshot().Where(arrival => arrival.DeviceId == visitor).ToArray();
                Assert.Equal([user], arrivals.Select(arrival => arrival.UserId).OfType<string>().Distinct());
                Assert.Single(arrivals.Where(arrival => arrival.Event == "Login").DistinctBy(arrival => (arrival.Time, arrival.InsertId)));
                // No name came under two tuples, and they came in order.
                var counted = arrivals.Where(arrival => arrival.Event != "Login").DistinctBy(arrival => (arrival.Event, arrival.DistinctId, arrival.Time, arrival.InsertId)).ToArray();
                Assert.Equal(Enumerable.Range(0, counted.Length).Select(n => $"{visitor} {n}"), counted.Select(arrival => arrival.Event));
            }
        }
        finally
        {
            foreach (var (profile, _, _, _) in pages) await profile.DisposeAsync();
        }
    }

    /// <summary>What the page is told of a trait that the site's back end has signed.</summary>
    private Task<JsonElement> SetTraitAsync(string generation, string value)
    {
        var payload = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            $$"""{"Newsletter subscriber":"{{value}}","algorithm":"HMAC-SHA256","t":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}}"""));
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(NewsDomain.SignSecret), Encoding.ASCII.GetBytes(payload));
        return _page.EvaluateAsync<JsonElement>(
            "signed => new Promise(resolve => " + (generation == "VGS"
                ? "VGS.setTraits(signed, data => resolve(data.response))"
                : "SPiD.setTraits(signed, (error, answer) => resolve(answer))") + ")",
            Base64Url.EncodeToString(mac) + "." + payload);
    }

    private async Task AssertTraitAsync(string value)
    {
        var arrival = await domain.WaitForArrivalAsync(arrival => arrival.Marker == "traits-" + value);
        Assert.Equal(value, JsonElement.Parse(arrival.Json).GetProperty("properties").GetProperty("Newsletter subscriber").GetString());
    }

    /// <summary>How many of one event of this visitor the site's back end gets rid of.</summary>
    private async Task<int> AcceptedAsync(string visitor)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(domain.Silo.Address, "/v1/events"))
        {
            Content = new StringContent($$"""[{"event":"Read","visitorId":"{{visitor}}"}]""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestClient.News.ClientId}:{TestClient.News.Secret}")));
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("accepted").GetInt32();
    }

    public async ValueTask DisposeAsync()
    {
        domain.Troubles.Clear();
        if (_profile is not null) await _profile.DisposeAsync();
    }

    private Task<IBrowserContext> OpenProfileAsync() => chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });

    private async Task<IPage> OpenAsync(IBrowserContext profile, string options = "{}")
    {
        var page = await profile.NewPageAsync();
        await LoadAsync(page, options);
        return page;
    }

    /// <summary>A page of the site that has loaded the SDK from the real host and initialised it.</summary>
    private async Task LoadAsync(IPage page, string options = "{}")
    {
        await page.GotoAsync(domain.Origin("www.news.test") + "/bare");
        await page.AddScriptTagAsync(new() { Url = domain.Origin("id.news.test") + "/js/spid-sdk.js" });
        await page.EvaluateAsync(
            $$"""
            server => {
              window.fired = [];
              ['visitor', 'login', 'logout', 'userChange', 'sessionChange', 'notLoggedin', 'sessionInit', 'statusChange', 'error']
                .forEach(name => SPiD.event.subscribe('SPiD.' + name, () => fired.push('SPiD.' + name)));
              SPiD.init(Object.assign({ client_id: 'news', server }, {{options}}));
            }
            """,
            domain.Origin("id.news.test"));
    }

    /// <summary>Calls the SDK; what it fired before is forgotten.</summary>
    private async Task<JsonElement> CallAsync(string method, string? argument = null, IPage? page = null) => await (page ?? _page).EvaluateAsync<JsonElement>(
        """
        ({ method, argument }) => new Promise(resolve => {
          fired.length = 0;
          SPiD[method](...(argument ? [argument] : []), (error, answer) => resolve({ error, answer }));
        })
        """,
        new { method, argument });

    private Task<string[]> FiredAsync() => _page.EvaluateAsync<string[]>("() => fired");

    private static async Task TrackAsync(IPage page, string name) => await page.EvaluateAsync("name => { SPiD.track('Something', { n: name }); }", name);

    private static async Task FlushAsync(IPage page) => await page.EvaluateAsync("() => SPiD.flush()").WaitAsync(Delivery);

    private static string? UserOf(JsonElement result) => result.GetProperty("answer").GetProperty("visitor").GetProperty("user_id").GetString();

    private static string Uid(JsonElement result) => result.GetProperty("answer").GetProperty("visitor").GetProperty("uid").GetString()!;
}
