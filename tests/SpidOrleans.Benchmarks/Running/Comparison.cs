using System.Runtime.InteropServices;
using SpidOrleans.Benchmarks.Floor;
using SpidOrleans.Benchmarks.Load;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>
/// The silo, delivering to a sink all the while, against others that spend one transaction on each event: itself, told not
/// to group, which shows what the grouping is worth; and bare floors (ASP.NET, one INSERT, no grains, no order, no delivery),
/// as one usually writes them and tuned.
/// </summary>
internal sealed class Comparison(BenchmarkOptions options)
{
    /// <summary>Until the just-in-time compiler has settled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(12);

    private const string Grouped = "silo";
    private const string Single = "single";

    private readonly LoadGenerator _generator = new(options.Connections, options.EventsPerRequest);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(options.Seconds);
    private readonly List<Turn> _turns = [];

    public async Task<int> RunAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"spidorleans-bench-{Environment.ProcessId}"));
        try
        {
            return await RunAsync(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<int> RunAsync(string folder)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
        Console.WriteLine($"{options.Connections} connections, {options.EventsPerRequest} events per request; one synced page takes {Disk.SyncTime(folder).TotalMilliseconds:N2} ms in {folder}");

        using var sink = await ChildServer.StartAsync("sink");
        using var stock = await StartFloorAsync(folder, FloorConnections.Stock);
        using var perRequest = await StartFloorAsync(folder, FloorConnections.PerRequest);
        using var shared = await StartFloorAsync(folder, FloorConnections.Shared);
        await using var single = await StartSiloAsync(sink, folder, Single, groupRowsMax: 1);
        await using var silo = await StartSiloAsync(sink, folder, Grouped, groupRowsMax: null);
        Side[] sides =
        [
            Floor("floor stock", stock), Floor("floor perRequest", perRequest), Floor("floor shared", shared),
            Silo(Single, single), Silo(Grouped, silo),
        ];

        await TakeTurnsAsync(sides, new Delivery(sink, options.EventsPerRequest), sink);
        Summary.Print(_turns, Grouped);
        // A floor that breaks under this load is a result; a silo that does is a fault.
        return _turns.Where(turn => turn.Who is Grouped or Single).Sum(turn => turn.Load.NotAccepted) == 0 ? 0 : 1;
    }

    private async Task TakeTurnsAsync(Side[] sides, Delivery delivery, ChildServer sink)
    {
        foreach (var side in sides)
        {
            var load = await _generator.RunAsync(side.Address, TestClient.News, WarmUp);
            if (side.Delivers) await delivery.DrainAsync(load);
        }

        Console.WriteLine(Turn.Heading);
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var side in sides)
            {
                var turn = await MeasureAsync(side, sink);
                _turns.Add(turn);
                Console.WriteLine(turn.Line(round));
                if (side.Delivers) await delivery.DrainAsync(turn.Load);
            }
        }
    }

    private async Task<Turn> MeasureAsync(Side side, ChildServer sink)
    {
        var (server, delivery, own) = (side.ProcessorTime(), sink.ProcessorTime, Environment.CpuUsage.TotalTime);
        var load = await _generator.RunAsync(side.Address, TestClient.News, side.Length);
        return new Turn(side.Name, load, side.ProcessorTime() - server, sink.ProcessorTime - delivery, Environment.CpuUsage.TotalTime - own);
    }

    /// <summary>Floors deliver nothing and keep no backlog: half the time tells as much.</summary>
    private Side Floor(string name, ChildServer floor) => new(name, floor.Address, () => floor.ProcessorTime, _length / 2, Delivers: false);

    private Side Silo(string name, SiloProcess silo) => new(name, silo.Address, () => silo.ProcessorTime, _length, Delivers: true);

    private static Task<ChildServer> StartFloorAsync(string folder, FloorConnections connections) =>
        ChildServer.StartAsync("floor", Path.Combine(folder, $"floor-{connections}.db"), connections.ToString());

    private static Task<SiloProcess> StartSiloAsync(ChildServer sink, string folder, string name, int? groupRowsMax) =>
        SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = sink.Address,
            More = new Dictionary<string, string> { ["Storage:ConnectionString"] = $"Data Source={Path.Combine(folder, name + ".db")}" },
            RuntimeProperties = groupRowsMax is { } rows
                ? new Dictionary<string, string> { [GroupCommitOutbox.GroupRowsMaxName] = $"{rows}" }
                : new Dictionary<string, string>(),
        });
}
