using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>Who is not to be tracked is not: what waits goes, and nothing comes.</summary>
public sealed class ConsentTests(ChromiumFixture chromium) : SdkTests(chromium)
{
    [Fact]
    public async Task SetConsent_False_DiscardsWhatWaitsAndRefusesOnEveryPageUntilTrue()
    {
        StandIn.Session = SessionMode.Hangs;
        var page = await OpenAsync();
        var waiting = page.TrackAndWaitAsync("before");
        await page.Tab.WaitForFunctionAsync("() => Object.keys(localStorage).some(key => key.startsWith('spid:'))");
        await page.Tab.EvaluateAsync("() => SPiD.setConsent(false)");

        Assert.Contains("refused", (await waiting).GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await page.WaitingAsync());
        StandIn.Release();
        await page.LoadAsync();
        Assert.Contains("refused", (await page.TrackAndWaitAsync("meanwhile")).GetProperty("refused").GetString(), StringComparison.Ordinal);
        await page.FlushAsync();

        await page.Tab.EvaluateAsync("() => SPiD.setConsent(true)");
        await page.TrackAndWaitAsync("after");
        Assert.Equal("after", Assert.Single(StandIn.Arrivals).Event);
        Assert.Equal((false, true), (StandIn.Consents[0], StandIn.Consents[^1]));
    }

    [Fact]
    public async Task SetConsent_False_HoldsInOtherTabsAndMayComeBeforeInit()
    {
        StandIn.Standing = CollectFault.Refuse(503, retryAfter: "60");
        var other = await OpenAsync();
        var waiting = other.TrackAndWaitAsync("before");
        await other.Tab.WaitForFunctionAsync("() => Object.keys(localStorage).some(key => key.startsWith('spid:'))");
        var bare = await OpenBareAsync();
        await bare.EvaluateAsync("() => SPiD.setConsent(false)");
        var page = await OpenAsync();

        Assert.Contains("refused", (await waiting).GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.Contains("refused", (await other.TrackAndWaitAsync("after")).GetProperty("refused").GetString(), StringComparison.Ordinal);
        await other.Tab.EvaluateAsync("() => SPiD.setConsent(true)");
        StandIn.Standing = null;
        await page.TrackAndWaitAsync("last");
        Assert.Equal("last", Assert.Single(StandIn.Arrivals, arrival => arrival.IsStored).Event);
    }

    [Fact]
    public async Task ASessionThatIsNotToBeTracked_RefusesUntilAnotherOneIs()
    {
        StandIn.Session = SessionMode.Hangs;
        var page = await OpenAsync();
        var waiting = page.TrackAndWaitAsync("before");
        await StandIn.WaitForSessionCallsAsync(1);
        StandIn.User = "42";
        StandIn.Tracking = false;
        StandIn.Release();
        await page.HasSessionAsync();

        Assert.Contains("refused", (await waiting).GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.Contains("refused", (await page.TrackAndWaitAsync("after")).GetProperty("refused").GetString(), StringComparison.Ordinal);
        StandIn.Tracking = true;
        await page.HasSessionAsync();
        await page.TrackAndWaitAsync("last");
        Assert.Equal("last", Assert.Single(StandIn.Arrivals).Event);
    }
}
