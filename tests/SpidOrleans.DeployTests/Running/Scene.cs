using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.DeployTests.Running;

/// <summary>Three silos on a PostgreSQL of their own that believe a proxy on this machine. The first test builds them.</summary>
public sealed class Scene : IAsyncDisposable
{
    public const string Page = "https://www.news.test";

    /// <summary>The operators'.</summary>
    public const string Password = "the operators' own";

    private PostgresServer? _postgres;
    private MixpanelStandIn? _mixpanel;
    private SiloCluster? _silos;

    public MixpanelStandIn Mixpanel => _mixpanel!;

    public SiloCluster Silos => _silos!;

    public async Task BeginAsync()
    {
        _postgres ??= await PostgresServer.StartAsync();
        _mixpanel ??= await MixpanelStandIn.StartAsync();
        _silos ??= await SiloCluster.StartAsync(
            new SiloSettings
            {
                Mixpanel = Mixpanel.Endpoint,
                More = new Dictionary<string, string> { ["Proxies:0"] = "127.0.0.1", ["Console:Password"] = Password, ["Clients:news:Origins:0"] = Page },
            },
            await _postgres.CreateDatabaseAsync(), silos: 3);
        await Silos.RestoreAsync();
        Mixpanel.Arrivals.Forget();
    }

    public async ValueTask DisposeAsync()
    {
        if (_silos is not null) await _silos.DisposeAsync();
        if (_mixpanel is not null) await _mixpanel.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }
}

/// <summary>To build one takes longer than any test.</summary>
[CollectionDefinition(nameof(Scene))]
public sealed class SceneCollection : ICollectionFixture<Scene>;
