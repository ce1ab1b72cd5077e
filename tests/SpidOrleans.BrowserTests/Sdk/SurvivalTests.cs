using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>Nothing tracked is lost when the network, the page or the tab goes away, and nothing counts twice.</summary>
public sealed class SurvivalTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    private const string NoLocks = "Object.defineProperty(navigator, 'locks', { value: undefined });";

    [Fact]
    public async Task Track_WhileOffline_SendsWhenTheNetworkIsBack()
    {
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await Profile.SetOfflineAsync(true);
        await page.TrackAsync("one", "two");
        await page.Tab.EvaluateAsync("() => { SPiD.flush(); }");
        Assert.Equal(2, await page.WaitingAsync());
        await Profile.SetOfflineAsync(false);

        await AllArriveOnceAsync("one", "two");
    }

    [Fact]
    public async Task Page_LeftRightAfterTracking_HasSentABeacon()
    {
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.TrackAsync("Link clicked");
        await page.LeaveAsync();

        await AllArriveOnceAsync("Link clicked");
        Assert.Equal(1, await page.WaitingAsync());
        await page.LoadAsync();
        await StandIn.WaitForStoredAsync(arrivals => arrivals.Count == 2);
        await AllArriveOnceAsync("Link clicked");
    }

    [Fact]
    public async Task Page_LeftBeforeTheVisitorIsKnown_LeavesItsEventsToTheNextPage()
    {
        StandIn.Session = SessionMode.Hangs;
        var page = await OpenAsync();
        await page.TrackAsync("one", "two");
        await page.LeaveAsync();
        StandIn.Release();
        await page.LoadAsync();

        await AllArriveOnceAsync("one", "two");
    }

    [Fact]
    public async Task Tab_ClosedInMidBatch_LeavesItsEventsToTheNextOne()
    {
        StandIn.Meet(CollectFault.Hang(storesFirst: true));
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.TrackAsync("one", "two");
        await StandIn.WaitForRequestsAsync(1);
        await page.TrackAsync("three");
        await page.Tab.CloseAsync();
        await OpenAsync();

        await StandIn.WaitForStoredAsync(arrivals => arrivals.Count(arrival => arrival.Event == "one") >= 2);
        await AllArriveOnceAsync("one", "two", "three");
    }

    [Fact]
    public async Task Tabs_ThatTrackSideBySide_ShareOneQueueInWhichNothingIsLost()
    {
        StandIn.Meet(CollectFault.Refuse(503, retryAfter: "1"), CollectFault.LoseTheAnswer());
        var left = await OpenAsync();
        var right = await OpenAsync();
        var names = Enumerable.Range(0, 60).Select(n => $"event {n}").ToArray();
        foreach (var chunk in names.Chunk(10)) await Task.WhenAll(left.TrackAsync(chunk[..5]), right.TrackAsync(chunk[5..]));
        await Task.WhenAll(left.FlushAsync(), right.FlushAsync());

        await AllArriveOnceAsync(names);
        Assert.Equal(0, await left.WaitingAsync());
    }

    [Fact]
    public async Task Tab_ClosedWhileAnotherStaysOpen_HasItsEventsSentByThatOne()
    {
        var other = await OpenAsync();
        await other.HasSessionAsync();
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.TrackAsync("one");
        await page.Tab.CloseAsync();

        await AllArriveOnceAsync("one");
        await other.Tab.WaitForFunctionAsync("() => Object.keys(localStorage).every(key => !key.startsWith('spid:'))");
    }

    [Fact]
    public async Task Tabs_InABrowserWithoutLocks_LoseNothingEither()
    {
        await Profile.AddInitScriptAsync(NoLocks);
        StandIn.Meet(CollectFault.LoseTheAnswer());
        var left = await OpenAsync();
        var right = await OpenAsync();
        await Task.WhenAll(left.TrackAsync("one", "two"), right.TrackAsync("three"));
        await Task.WhenAll(left.FlushAsync(), right.FlushAsync());
        await left.TrackAsync("four");
        await left.LeaveAsync();
        await left.LoadAsync();

        await AllArriveOnceAsync("one", "two", "three", "four");
        await left.Tab.WaitForFunctionAsync("() => Object.keys(localStorage).every(key => !key.startsWith('spid:'))");
    }

    [Fact]
    public async Task Track_WhereStorageIsDenied_WorksFromMemory()
    {
        await Profile.AddInitScriptAsync("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });");
        StandIn.Meet(CollectFault.Refuse(503));
        var page = await OpenAsync();
        var settled = await page.TrackAndWaitAsync("one");

        Assert.True(settled.TryGetProperty("ok", out _));
        await AllArriveOnceAsync("one");
    }

    [Fact]
    public async Task Track_WhereAnEventInStorageIsBroken_SendsTheOthers()
    {
        var page = await OpenAsync();
        await page.HasSessionAsync();
        await page.LeaveAsync();
        await page.Tab.EvaluateAsync("() => { localStorage.setItem('spid:news:1.x', '{broken'); localStorage.setItem('other', 'kept'); }");
        await page.LoadAsync();
        await page.TrackAsync("one");
        await page.FlushAsync();

        await AllArriveOnceAsync("one");
        Assert.Equal("kept", await page.Tab.EvaluateAsync<string>("() => localStorage.getItem('other')"));
        Assert.Equal(0, await page.WaitingAsync());
    }
}
