using Microsoft.Playwright;
using SpidOrleans.BrowserTests.Browsing;
using SpidOrleans.BrowserTests.StandIn;

namespace SpidOrleans.BrowserTests.Sdk;

/// <summary>What the SDK's tests share: a session cluster stand-in and a fresh profile per test.</summary>
[Collection(ChromiumTests.Name)]
public abstract class SdkTests(ChromiumFixture chromium) : IAsyncLifetime
{
    protected SessionStandIn StandIn { get; private set; } = null!;

    protected IBrowserContext Profile { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Profile = await chromium.OpenProfileAsync();
        StandIn = await SessionStandIn.StartAsync();
    }

    /// <param name="options">More options of <c>SPiD.init</c>.</param>
    protected Task<SdkPage> OpenAsync(int sessionTimeoutMs = 5_000, object? options = null) =>
        SdkPage.OpenAsync(Profile, StandIn, sessionTimeoutMs, options);

    /// <summary>A page that has loaded the SDK and initialised nothing.</summary>
    protected async Task<IPage> OpenBareAsync()
    {
        var tab = await Profile.NewPageAsync();
        await tab.GotoAsync(new Uri(StandIn.Site, "page").ToString());
        return tab;
    }

    protected string Server => StandIn.Cluster.GetLeftPart(UriPartial.Authority);

    /// <summary>Waits until each of these events is stored, and checks that each was always the same event, stored or not.</summary>
    protected async Task<IReadOnlyList<Arrival>> AllArriveOnceAsync(params string[] events)
    {
        var stored = await StandIn.WaitForStoredAsync(arrivals => events.All(name => arrivals.Any(arrival => arrival.Event == name)));
        foreach (var same in StandIn.Arrivals.GroupBy(arrival => arrival.Event))
            Assert.Single(same.Select(arrival => arrival.Tuple).Distinct());
        return stored;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Profile is not null) await Profile.DisposeAsync();
        if (StandIn is not null) await StandIn.DisposeAsync();
    }
}
