using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SpidOrleans.Benchmarks.Floor;
using SpidOrleans.Benchmarks.Load;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>
/// The silo, delivering to a sink all the while, against two that spend one transaction on each event: itself, told not to
/// group, which shows what the grouping is worth; and a bare floor (ASP.NET, one INSERT, no grains, no order, no delivery).
/// </summary>
internal sealed class Comparison(BenchmarkOptions options)
{
    /// <summary>Until the just-in-time compiler has settled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);

    private const string Floor = "floor";
    private const string Single = "single";
    private const string Grouped = "silo";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(3);

    private readonly LoadGenerator _generator = new(options.Connections, options.EventsPerRequest);
    private readonly TimeSpan _length = TimeSpan.FromSeconds(options.Seconds);
    private long _expected;

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
        using var floor = await FasterFloorAsync(folder);
        await using var silo = await StartSiloAsync(sink, folder, "silo", groupRowsMax: null);
        await using var single = await StartSiloAsync(sink, folder, "single", groupRowsMax: 1);
        foreach (var each in new[] { silo, single })
        {
            var warmUp = await MeasureSiloAsync("warm up", each, sink, WarmUp);
            await DrainAsync(sink, warmUp.Load);
        }

        Console.WriteLine(Turn.Heading);
        var turns = new List<Turn>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            Report(await MeasureFloorAsync(floor, sink, _length), round);
            Report(await MeasureSiloAsync(Single, single, sink, _length), round);
            await DrainAsync(sink, turns[^1].Load);
            Report(await MeasureSiloAsync(Grouped, silo, sink, _length), round);
            // The backlog of a turn must not be delivered in the next one's.
            await DrainAsync(sink, turns[^1].Load);
        }

        return Conclude(turns);

        void Report(Turn turn, int round)
        {
            turns.Add(turn);
            Console.WriteLine(turn.Line(round));
        }
    }

    private static Task<SiloProcess> StartSiloAsync(ChildServer sink, string folder, string name, int? groupRowsMax) =>
        SiloProcess.StartAsync(new SiloSettings
        {
            Mixpanel = sink.Address,
            More = new Dictionary<string, string> { ["Storage:ConnectionString"] = $"Data Source={Path.Combine(folder, name + ".db")}" },
            RuntimeProperties = groupRowsMax is { } rows
                ? new Dictionary<string, string> { [GroupCommitOutbox.GroupRowsMaxName] = $"{rows}" }
                : new Dictionary<string, string>(),
        });

    /// <summary>Tries both floors and keeps the faster one running.</summary>
    private async Task<ChildServer> FasterFloorAsync(string folder)
    {
        var floors = new List<(FloorConnections Kind, ChildServer Server, double PerSecond)>();
        foreach (var kind in Enum.GetValues<FloorConnections>())
        {
            var server = await ChildServer.StartAsync("floor", Path.Combine(folder, $"floor-{kind}.db"), kind.ToString());
            await _generator.RunAsync(server.Address, TestClient.News, WarmUp);
            var load = await _generator.RunAsync(server.Address, TestClient.News, _length);
            Console.WriteLine($"floor, connection {kind}: {load.PerSecond:N0} requests/s");
            floors.Add((kind, server, load.PerSecond));
        }

        var fastest = floors.MaxBy(floor => floor.PerSecond);
        foreach (var slower in floors.Where(floor => floor != fastest)) slower.Server.Dispose();
        Console.WriteLine($"the floor is: connection {fastest.Kind}");
        return fastest.Server;
    }

    private async Task<Turn> MeasureFloorAsync(ChildServer floor, ChildServer sink, TimeSpan length) =>
        await MeasureAsync(Floor, floor.Address, () => floor.ProcessorTime, sink, length);

    private async Task<Turn> MeasureSiloAsync(string who, SiloProcess silo, ChildServer sink, TimeSpan length) =>
        await MeasureAsync(who, silo.Address, () => silo.ProcessorTime, sink, length);

    private async Task<Turn> MeasureAsync(string who, Uri address, Func<TimeSpan> processorTime, ChildServer sink, TimeSpan length)
    {
        var (server, delivery, own) = (processorTime(), sink.ProcessorTime, Environment.CpuUsage.TotalTime);
        var load = await _generator.RunAsync(address, TestClient.News, length);
        return new Turn(who, load, processorTime() - server, sink.ProcessorTime - delivery, Environment.CpuUsage.TotalTime - own);
    }

    /// <summary>Waits until everything that was accepted has been delivered.</summary>
    private async Task DrainAsync(ChildServer sink, LoadResult load)
    {
        _expected += (load.Requests - load.NotAccepted) * (long)options.EventsPerRequest;
        using var http = new HttpClient { BaseAddress = sink.Address, Timeout = TimeSpan.FromSeconds(10) };
        var start = Stopwatch.GetTimestamp();
        long delivered;
        while ((delivered = long.Parse(await http.GetStringAsync(new Uri("/", UriKind.Relative)), CultureInfo.InvariantCulture)) < _expected)
        {
            if (Stopwatch.GetElapsedTime(start) > DrainTimeout)
                throw new TimeoutException($"{delivered:N0} of {_expected:N0} accepted events were delivered within {DrainTimeout.TotalMinutes} min.");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        Console.WriteLine($"       all {_expected:N0} accepted events delivered {Stopwatch.GetElapsedTime(start).TotalSeconds:N1} s after the turn");
    }

    private static int Conclude(List<Turn> turns)
    {
        var (grouped, single, floor) = (Median(turns, Grouped), Median(turns, Single), Median(turns, Floor));
        var notAccepted = turns.Sum(turn => turn.Load.NotAccepted);
        Console.WriteLine($"medians, requests/s: silo {grouped:N0}, with one transaction for each event {single:N0}, bare floor {floor:N0}");
        Console.WriteLine($"ratio to one transaction for each event {grouped / single:N2}, to the bare floor {grouped / floor:N2}; answers other than 202: {notAccepted}");
        return notAccepted == 0 ? 0 : 1;
    }

    private static double Median(List<Turn> turns, string who) =>
        turns.Where(turn => turn.Who == who).Select(turn => turn.Load.PerSecond).Order().ElementAt(turns.Count(turn => turn.Who == who) / 2);
}
