using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>mixpanel-browser as published, unmodified, with the real host as its own.</summary>
[Collection(ChromiumTests.Name)]
public sealed class MixpanelJsTests(ChromiumFixture chromium, NewsDomain domain) : IClassFixture<NewsDomain>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int AttemptsMax = 3;

    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private readonly ConcurrentBag<string> _answers = [];
    private IBrowserContext _profile = null!;
    private IPage _page = null!;

    private string User => "user-" + _run;

    public async ValueTask InitializeAsync()
    {
        await MixpanelJs.Package.RequireAsync();
        _profile = await chromium.OpenProfileAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
        _page = await _profile.NewPageAsync();
        _page.Response += (_, response) => _answers.Add($"{response.Request.Method} {new Uri(response.Url).AbsolutePath}: {response.Status}");
        _page.RequestFailed += (_, request) => _answers.Add($"{request.Method} {new Uri(request.Url).AbsolutePath}: {request.Failure}");
        _page.Console += (_, message) => _answers.Add(message.Text);
    }

    public async ValueTask DisposeAsync()
    {
        if (_profile is not null) await _profile.DisposeAsync();
    }

    [Fact]
    public async Task FromTheFirstVisitToTheLogin_ItIsOnePersonsHistory_OnceAndInOrder()
    {
        await OpenAsync("www.news.test");
        var visitor = await MeetAsync();
        await StartAsync();

        // Before identify() it goes by an id of its own making, which is folded into the cookie's visitor.
        await TrackAsync("first");
        await QueuesAreEmptyAsync();
        await _page.EvaluateAsync("uid => mixpanel.identify(uid)", visitor);
        await QueuesAreEmptyAsync();
        await TrackAsync("second", "{ price: 99, ip: '198.51.100.7' }");
        await QueuesAreEmptyAsync();
        await TrackAsync("third");
        foreach (var change in new[] { $"set('Plan', 'pro-{_run}')", "increment('Visits')", "set_once('First seen', 'today')" })
        {
            await _page.EvaluateAsync($"() => {{ mixpanel.people.{change}; }}");
            // Its queue is behind a lock for which what comes at once contends, in any order.
            await QueuesAreEmptyAsync();
        }

        await _page.EvaluateAsync("run => mixpanel.get_group('company', 'acme-' + run).set('Size', 12)", _run);
        await ArrivedAsync("first", "second", "third");
        await GroupAsync();
        await QueuesAreEmptyAsync();

        await domain.SignInAsync(visitor, User);
        await TrackAsync("fourth");
        var arrivals = await ArrivedAsync("first", "second", "third", "fourth");
        var changes = await domain.Mixpanel.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == User && change.Argument.Contains("Last login", StringComparison.Ordinal)), Patience);

        var history = domain.Mixpanel.Arrivals.Snapshot().Where(arrival => arrival.DeviceId == visitor).ToList();
        Assert.Equal([Name("first"), Name("second"), Name("third"), "Login", Name("fourth")], history.Select(arrival => arrival.Event));
        Assert.Equal([null, null, null, User, User], history.Select(arrival => arrival.UserId));
        Assert.Equal(history.Count, history.Select(arrival => (arrival.Event, arrival.DistinctId, arrival.Time, arrival.InsertId)).Distinct().Count());
        Assert.DoesNotContain(domain.Mixpanel.Arrivals.Snapshot(), arrival => arrival.Event.StartsWith("$identify", StringComparison.Ordinal));
        var second = Properties(arrivals.First(arrival => arrival.Event == Name("second")));
        Assert.Equal((99, "198.51.100.7", "web"), (second.GetProperty("price").GetInt32(), second.GetProperty("ip").GetString(), second.GetProperty("mp_lib").GetString()));
        Assert.Equal("Linux", second.GetProperty("$os").GetString());
        Assert.Equal("127.0.0.1", Properties(arrivals.First(arrival => arrival.Event == Name("first"))).GetProperty("ip").GetString());

        // What the anonymous visitor was to have waited for the login, in order, and came before what the login itself says.
        // mixpanel-js adds where the browser came from first by itself.
        string[] own = ["\"Plan\"", "\"Visits\"", "\"First seen\"", "\"Last login\""];
        var told = changes.Where(change => change.DistinctId == User && own.Any(name => change.Argument.Contains(name, StringComparison.Ordinal))).ToList();
        Assert.Equal(["$set", "$add", "$set_once", "$set"], told.Select(change => change.Operation));
        Assert.Contains("pro-" + _run, told[0].Argument, StringComparison.Ordinal);
        Assert.Contains("Last login", told[3].Argument, StringComparison.Ordinal);
        Assert.DoesNotContain(changes, change => change.DistinctId.Contains(visitor, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OnASiteOfAnotherDomain_WithoutACookie_TheVisitorIsWhomIdentifyNames()
    {
        await OpenAsync("www.news.test");
        var visitor = await MeetAsync();
        await OpenAsync("www.partner.test");
        await StartAsync();

        await _page.EvaluateAsync("uid => mixpanel.identify(uid)", visitor);
        await TrackAsync("elsewhere");
        await _page.EvaluateAsync("run => mixpanel.people.set({ Plan: 'partner-' + run })", _run);
        await ArrivedAsync("elsewhere");
        await QueuesAreEmptyAsync();
        await domain.SignInAsync(visitor, User);
        await TrackAsync("after");
        await ArrivedAsync("after");

        Assert.Equal([(Name("elsewhere"), null), ("Login", User), (Name("after"), User)],
            domain.Mixpanel.Arrivals.Snapshot().Where(arrival => arrival.DeviceId == visitor).Select(arrival => (arrival.Event, arrival.UserId)));
        await domain.Mixpanel.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == User && change.Argument.Contains("partner-" + _run, StringComparison.Ordinal)), Patience);

        // By a user's id it reaches nobody, whoever it says it is.
        await _page.EvaluateAsync("user => { mixpanel.reset(); mixpanel.identify(user); }", User);
        Assert.Equal(0, await AnswerAsync("claimed"));
        Assert.DoesNotContain(domain.Mixpanel.Arrivals.Snapshot(), arrival => arrival.Event == Name("claimed"));
    }

    [Fact]
    public async Task APageThatCloses_SendsABeacon_AndWhatIsSentAgainOnTheNextCountsOnce()
    {
        await OpenAsync("www.news.test");
        var visitor = await MeetAsync();
        // What waits in its queue is another page's after twice this time.
        await StartAsync(flushMs: 5_000);
        await TrackAsync("parting");

        await _page.GotoAsync("about:blank");
        await ArrivedAsync("parting");
        await OpenAsync("www.news.test");
        await StartAsync();
        await QueuesAreEmptyAsync();
        await TrackAsync("next");
        await ArrivedAsync("next");

        var copies = domain.Mixpanel.Arrivals.Snapshot().Where(arrival => arrival.Event == Name("parting")).ToList();
        Assert.All(copies, copy => Assert.Equal((visitor, copies[0].Time, copies[0].InsertId), (copy.DeviceId, copy.Time, copy.InsertId)));
    }

    [Theory]
    [InlineData("{ batch_requests: false, api_payload_format: 'json' }")]
    [InlineData("{ batch_requests: false, api_method: 'GET' }")]
    [InlineData("{ batch_requests: false, verbose: true }")]
    [InlineData("{ batch_requests: false, api_transport: 'sendBeacon' }")]
    [InlineData("{ batch_requests: false, img: true, api_method: 'GET' }")]
    [InlineData("{ batch_requests: false, xhr_headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } }")]
    public async Task WhateverWayItSends_TheEventArrives(string config)
    {
        await OpenAsync("www.news.test");
        var visitor = await MeetAsync();
        await StartAsync(config);
        // What it does not batch it does not repeat either: one that a busy machine answers 503 is lost, and the page tracks again. Nothing
        // else may lose it.
        for (var attempt = 1; ; attempt++)
        {
            await TrackAsync("sent", "{ text: 'å + 1 & \"2\" \\u{1F600}', long: 'x'.repeat(300) }");
            if (await IsThereAsync("sent")) break;
            Assert.True(attempt < AttemptsMax && _answers.Any(answer => answer.EndsWith(": 503", StringComparison.Ordinal)), "The page saw: " + string.Join("; ", _answers));
        }

        var arrival = (await ArrivedAsync("sent")).First(arrival => arrival.Event == Name("sent"));
        Assert.Equal(visitor, arrival.DeviceId);
        Assert.Equal("å + 1 & \"2\" 😀", Properties(arrival).GetProperty("text").GetString());
        Assert.Equal(255, Properties(arrival).GetProperty("long").GetString()!.Length);
    }

    [Fact]
    public async Task ItsCallback_IsToldWhatBecameOfAnEvent()
    {
        await OpenAsync("www.news.test");
        await MeetAsync();
        await StartAsync("{ batch_requests: false }");

        Assert.Equal(1, await AnswerAsync("good"));
        Assert.Equal(0, await AnswerAsync("bad", "{ time: 1 }"));
    }

    private string Name(string name) => $"{name}-{_run}";

    private static JsonElement Properties(Arrival arrival) => JsonElement.Parse(arrival.Json).GetProperty("properties");

    private async Task OpenAsync(string host) => await _page.GotoAsync(domain.Origin(host) + "/bare");

    /// <summary>The visitor that our SDK finds, and with it the cookie.</summary>
    private async Task<string> MeetAsync()
    {
        await _page.AddScriptTagAsync(new PageAddScriptTagOptions { Url = domain.Origin("id.news.test") + "/js/spid-sdk.js" });
        return await _page.EvaluateAsync<string>("""
            server => new Promise(found => {
              SPiD.event.subscribe('SPiD.visitor', visitor => found(visitor.uid));
              SPiD.init({ client_id: 'news', server });
              SPiD.hasSession();
            })
            """, domain.Origin("id.news.test"));
    }

    private async Task StartAsync(string config = "{}", int flushMs = 100)
    {
        await _page.AddScriptTagAsync(new PageAddScriptTagOptions { Url = "/" + MixpanelJs.Path });
        await _page.EvaluateAsync("([token, host, config, flush]) => { mixpanel.init(token, Object.assign("
            + "{ api_host: host, batch_flush_interval_ms: flush, persistence: 'localStorage', ignore_dnt: true }, eval('(' + config + ')'))); }",
            new object[] { TestClient.News.Token, domain.Origin("id.news.test"), config, flushMs });
    }

    private async Task TrackAsync(string name, string properties = "{}") => await _page.EvaluateAsync($"name => {{ mixpanel.track(name, {properties}); }}", Name(name));

    private Task<int> AnswerAsync(string name, string properties = "{}") => _page.EvaluateAsync<int>(
        $"name => new Promise(answered => mixpanel.track(name, {properties}, {{ send_immediately: true }}, answer => answered(typeof answer === 'object' ? answer.status : answer)))", Name(name));

    private async Task<bool> IsThereAsync(string name)
    {
        try
        {
            await domain.Mixpanel.Arrivals.WaitForMarkersAsync([Name(name)], Patience / 3);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<Arrival>> ArrivedAsync(params string[] names)
    {
        try
        {
            await domain.Mixpanel.Arrivals.WaitForMarkersAsync([.. names.Select(Name)], Patience);
        }
        catch (TimeoutException missing)
        {
            throw new TimeoutException($"{missing.Message} The page saw: {string.Join("; ", _answers)}", missing);
        }

        return domain.Mixpanel.Arrivals.Snapshot();
    }

    private async Task GroupAsync()
    {
        var changes = await domain.Mixpanel.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == "acme-" + _run), Patience);
        var group = changes.Single(change => change.DistinctId == "acme-" + _run);
        Assert.Equal(("company", "$set", """{"Size":12}"""), (group.GroupKey, group.Operation, group.Argument));
    }

    /// <summary>All that the page has tracked is acknowledged: its queues lie in localStorage until then.</summary>
    private async Task QueuesAreEmptyAsync() => await _page.WaitForFunctionAsync("""
        () => Object.keys(localStorage).filter(key => key.startsWith('__mpq_')).every(key => ['[]', null].includes(localStorage.getItem(key)))
        """);
}
