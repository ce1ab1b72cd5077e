using SpidOrleans.Benchmarks.Floor;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>
/// The silo against others that spend one transaction on each event: itself, told not to group, which shows what the grouping
/// is worth; and bare floors, as one usually writes them and tuned.
/// </summary>
internal sealed class SqliteSides : ISides
{
    /// <summary>The sink is no Mixpanel: whatever is accepted is delivered at once, at the same cores' cost.</summary>
    private static readonly string Unthrottled = $"Projects:{TestClient.News.Project}:EventsPerSecond";

    private readonly List<ChildServer> _floors = [];
    private readonly List<SiloProcess> _silos = [];
    private readonly List<Side> _sides = [];

    private SqliteSides()
    {
    }

    public IReadOnlyList<Side> All => _sides;

    /// <summary>SQLite works in the servers' own processes.</summary>
    public TimeSpan DatabaseProcessorTime => TimeSpan.Zero;

    public static async Task<ISides> StartAsync(string folder, Uri sink)
    {
        var sides = new SqliteSides();
        try
        {
            foreach (var kind in (FloorKind[])[FloorKind.Stock, FloorKind.PerRequest, FloorKind.Shared]) await sides.AddFloorAsync(folder, kind);
            await sides.AddSiloAsync(folder, "single", sink, groupRowsMax: 1);
            await sides.AddSiloAsync(folder, "silo", sink, groupRowsMax: null);
            return sides;
        }
        catch
        {
            await sides.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        foreach (var floor in _floors) floor.Dispose();
    }

    private async Task AddFloorAsync(string folder, FloorKind kind)
    {
        var floor = await ChildServer.StartAsync("floor", $"{kind}", Path.Combine(folder, $"floor-{kind}.db"));
        _floors.Add(floor);
        _sides.Add(Side.Of($"floor {kind}", floor));
    }

    private async Task AddSiloAsync(string folder, string name, Uri sink, int? groupRowsMax)
    {
        var silo = await SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = sink,
            More = new Dictionary<string, string> { [Unthrottled] = "1000000", ["Storage:ConnectionString"] = $"Data Source={Path.Combine(folder, name + ".db")}" },
            RuntimeProperties = groupRowsMax is { } rows
                ? new Dictionary<string, string> { [GroupCommitOutbox.GroupRowsMaxName] = $"{rows}" }
                : new Dictionary<string, string>(),
        });
        _silos.Add(silo);
        _sides.Add(new Side(name, [silo.Address], () => silo.ProcessorTime, Delivers: true));
    }
}
