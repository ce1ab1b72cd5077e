using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Identity;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.BrowserTests.SignIn;

/// <summary>A site, two real hosts that it can send its visitors to, one with the development page and one with a provider, and
/// Mixpanel's stand-in behind both.</summary>
public sealed class SignInFixture : IAsyncLifetime
{
    private readonly List<SiloProcess> _silos = [];

    public MixpanelStandIn Mixpanel { get; private set; } = null!;

    public TestSite Site { get; private set; } = null!;

    public IdentityProvider Provider { get; private set; } = null!;

    public SiloProcess Development { get; private set; } = null!;

    public SiloProcess WithProvider { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Mixpanel = await MixpanelStandIn.StartAsync();
        Site = await TestSite.StartAsync();
        Provider = await IdentityProvider.StartAsync();
        Development = await KeepAsync([]);
        WithProvider = await KeepAsync(new()
        {
            ["Identity:Authority"] = Provider.Authority.ToString(),
            ["Identity:ClientId"] = IdentityProvider.ClientId,
            ["Identity:ClientSecret"] = IdentityProvider.ClientSecret,
        });
        await Provider.RegisterAsync(new Uri(WithProvider.Address, "/signin-oidc"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        if (Provider is not null) await Provider.DisposeAsync();
        if (Site is not null) await Site.DisposeAsync();
        if (Mixpanel is not null) await Mixpanel.DisposeAsync();
    }

    private async Task<SiloProcess> KeepAsync(Dictionary<string, string> more)
    {
        var silo = await StartAsync(more);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>One more host for the site, with these settings.</summary>
    public Task<SiloProcess> StartAsync(Dictionary<string, string> more) =>
        SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = Mixpanel.Endpoint,
            More = new Dictionary<string, string>(more)
            {
                ["Clients:news:Origins:0"] = $"http://127.0.0.1:{Site.Port}",
                // Browsers take no two addresses for neighbours that are numbers.
                ["Clients:news:AllowCrossSite"] = "true",
                ["Clients:news:RedirectUris:0"] = Site.Home,
                ["Clients:news:RedirectUris:1"] = Site.Cancelled,
                ["Clients:news:RedirectUris:2"] = Site.Page,
            },
            Report = output => TestContext.Current.SendDiagnosticMessage(output),
        });
}
