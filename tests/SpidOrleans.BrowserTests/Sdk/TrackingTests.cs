using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

public sealed class TrackingTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    [Fact]
    public async Task Track_BeforeTheVisitorIsKnown_WaitsForItAndTakesTheServersClock()
    {
        StandIn.ClockAhead = TimeSpan.FromHours(5);
        var page = await OpenAsync();
        var before = (TimeProvider.System.GetUtcNow() + StandIn.ClockAhead).ToUnixTimeMilliseconds();
        await page.TrackAsync("Page viewed", "Article read");
        var answer = await page.HasSessionAsync();
        await page.TrackAsync("Commented");
        var arrivals = await AllArriveOnceAsync("Page viewed", "Article read", "Commented");

        var uid = answer.GetProperty("session").GetProperty("visitor").GetProperty("uid").GetString();
        Assert.All(arrivals, arrival => Assert.Equal(uid, arrival.VisitorId));
        Assert.All(arrivals, arrival => Assert.InRange(arrival.Time, before - 2_000, before + 20_000));
        Assert.Equal(["Page viewed", "Article read", "Commented"], arrivals.OrderBy(arrival => arrival.Time).Select(arrival => arrival.Event));
        Assert.Equal(3, arrivals.Select(arrival => arrival.Time).Distinct().Count());
        Assert.Equal("""{"n":"Page viewed"}""", arrivals.First(arrival => arrival.Event == "Page viewed").Properties);
    }

    [Fact]
    public async Task Track_WithoutAnyCallOfHasSession_AsksByItselfAndResolvesWithWhatTheServerHas()
    {
        var page = await OpenAsync();
        var settled = await page.TrackAndWaitAsync("Page viewed");

        var arrival = Assert.Single(StandIn.Arrivals);
        var tracked = settled.GetProperty("ok");
        Assert.Equal(arrival.InsertId, tracked.GetProperty("insertId").GetString());
        Assert.Equal(arrival.Time, tracked.GetProperty("time").GetInt64());
        Assert.Equal(arrival.VisitorId, tracked.GetProperty("visitorId").GetString());
        Assert.Matches("^[a-z0-9]{20,36}$", arrival.InsertId);
        Assert.Equal(0, await page.WaitingAsync());
    }

    [Fact]
    public async Task Track_OfAHundredEventsAtOnce_SendsThemInFewRequestsWithRisingTimes()
    {
        var page = await OpenAsync();
        await page.HasSessionAsync();
        var names = Enumerable.Range(0, 100).Select(n => $"event {n}").ToArray();
        await page.TrackAsync(names);
        await page.FlushAsync();

        var arrivals = await AllArriveOnceAsync(names);
        Assert.Equal(names, arrivals.Select(arrival => arrival.Event));
        Assert.True(arrivals.Zip(arrivals.Skip(1)).All(pair => pair.First.Time < pair.Second.Time));
        Assert.InRange(StandIn.Requests.Count, 2, 4);
    }

    [Fact]
    public async Task Track_InAStormOfRefusals_SendsTheSameEventsUntilTheyAreTakenAndHonoursRetryAfter()
    {
        StandIn.Meet(CollectFault.Refuse(503, retryAfter: "3"), CollectFault.Refuse(429, retryAfter: "1"), CollectFault.Refuse(500));
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.TrackAsync("one", "two");
        await page.FlushAsync();

        await AllArriveOnceAsync("one", "two");
        var requests = StandIn.Requests;
        Assert.Equal(4, requests.Count);
        Assert.True(requests[1] - requests[0] >= TimeSpan.FromSeconds(2.9), $"The second request came after {requests[1] - requests[0]}.");
        Assert.True(requests[2] - requests[1] >= TimeSpan.FromSeconds(0.9), $"The third request came after {requests[2] - requests[1]}.");
    }

    [Fact]
    public async Task Track_WhenTheAnswerIsLostAfterStoring_SendsTheSameEventAgain()
    {
        StandIn.Meet(CollectFault.LoseTheAnswer());
        var page = await OpenAsync();
        var settled = await page.TrackAndWaitAsync("Order complete");

        Assert.True(settled.TryGetProperty("ok", out _));
        await AllArriveOnceAsync("Order complete");
        Assert.Equal(2, StandIn.Arrivals.Count);
    }

    [Fact]
    public async Task Track_OfAnEventThatTheServerNamesAsInvalid_DropsThatOneAloneAndSaysSo()
    {
        StandIn.Poison = "poison";
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.FiredAsync("SPiD.");
        await page.TrackAsync("one");
        var refused = page.TrackAndWaitAsync("poison");
        await page.TrackAsync("two");
        await page.FlushAsync();

        Assert.Contains("is poison", (await refused).GetProperty("refused").GetString(), StringComparison.Ordinal);
        var arrivals = await AllArriveOnceAsync("one", "two");
        Assert.DoesNotContain(arrivals, arrival => arrival.Event == "poison");
        Assert.Equal("tracking", (await page.PayloadAsync("SPiD.error")).GetProperty("type").GetString());
        Assert.Equal(["SPiD.error"], await page.FiredAsync("SPiD."));
        Assert.Equal(0, await page.WaitingAsync());
    }

    [Fact]
    public async Task Track_WhenTheRequestItselfIsRefused_KeepsTheEvents()
    {
        StandIn.Meet(CollectFault.Refuse(403) with { Problem = """{"title":"This origin is not registered."}""" });
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.TrackAsync("one");
        await page.Tab.WaitForFunctionAsync("() => log.some(e => e.name === 'SPiD.error' && e.payload.code === 403)");

        Assert.Equal(1, await page.WaitingAsync());
        await page.LoadAsync();
        await AllArriveOnceAsync("one");
    }

    [Fact]
    public async Task Track_WhenTheServerFindsARequestTooLarge_SendsSmallerOnes()
    {
        StandIn.EventsMax = 3;
        var page = await OpenAsync();
        await page.HasSessionAsync();
        var names = Enumerable.Range(0, 10).Select(n => $"event {n}").ToArray();
        await page.TrackAsync(names);
        await page.FlushAsync();

        await AllArriveOnceAsync(names);
        Assert.Equal(0, await page.WaitingAsync());
    }

    [Fact]
    public async Task Track_AfterTheCookieHasGone_AsksForTheSessionAndSendsAgain()
    {
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await Profile.ClearCookiesAsync();
        await page.TrackAsync("one");
        await page.FlushAsync();

        await AllArriveOnceAsync("one");
        Assert.Equal(2, StandIn.SessionCalls);
    }

    [Fact]
    public async Task Track_OfWhatCannotBeAnEvent_ThrowsATypeErrorAndQueuesNothing()
    {
        var page = await OpenAsync();
        var faults = await page.Tab.EvaluateAsync<string[]>(
            """
            () => {
              const circle = {};
              circle.self = circle;
              return [
                [''], ['  '], [7], ['x'.repeat(256)], ['a', 'text'], ['a', [1]], ['a', new Date()],
                ['a', { f() {} }], ['a', { list: [NaN] }], ['a', { big: 1n }], ['a', circle],
              ].map(args => { try { SPiD.track(...args); return 'none'; } catch (e) { return e.name; } });
            }
            """);

        Assert.All(faults, fault => Assert.Equal("TypeError", fault));
        Assert.Equal(0, await page.WaitingAsync());
    }

    [Fact]
    public async Task Track_OfPropertiesThatChangeAfterwards_SendsThemAsTheyWere()
    {
        var page = await OpenAsync();
        await page.Tab.EvaluateAsync("() => { const p = { price: 5, left: undefined, at: new Date(0) }; SPiD.track('Bought', p); p.price = 6; }");

        var arrivals = await AllArriveOnceAsync("Bought");
        Assert.Equal("""{"price":5,"at":"1970-01-01T00:00:00.000Z"}""", arrivals[0].Properties);
    }

    [Fact]
    public async Task Track_BeyondTheBoundOfTheQueue_RefusesTheNewestAndWarnsOnce()
    {
        StandIn.Session = SessionMode.Hangs;
        var page = await OpenAsync();
        var warnings = new List<string>();
        page.Tab.Console += (_, message) => { lock (warnings) if (message.Type == "warning") warnings.Add(message.Text); };
        await page.TrackAsync([.. Enumerable.Range(0, 1_000).Select(n => $"event {n}")]);
        var refused = await page.TrackAndWaitAsync("one too many");
        await page.TrackAndWaitAsync("two too many");

        Assert.Contains("queue is full", refused.GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.Equal(1_000, await page.WaitingAsync());
        Assert.Equal(["SPiD.error"], await page.FiredAsync("SPiD."));
        lock (warnings) Assert.Single(warnings, text => text.Contains("queue is full", StringComparison.Ordinal));
    }
}
