using SpidOrleans.Benchmarks.Load;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Lets all sides take their turns, round after round.</summary>
internal sealed class Comparison(BenchmarkOptions options, int? visitors, ISides sides, ChildServer sink)
{
    /// <summary>Until the just-in-time compiler of a server has profiled what is hot, and compiled it for good.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    private readonly LoadGenerator _generator = new(
        options.Connections, options.EventsPerRequest, options.VisitorsPerRequest ?? options.EventsPerRequest, new Visitors(visitors));

    private readonly Delivery _delivery = new(sink);

    public async Task<IReadOnlyList<Turn>> RunAsync()
    {
        foreach (var side in sides.All) await TakeTurnAsync(side, round: 0, WarmUp * side.Addresses.Count);

        Console.WriteLine(Turn.Heading);
        var turns = new List<Turn>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var side in sides.All)
            {
                var turn = await TakeTurnAsync(side, round, TimeSpan.FromSeconds(options.Seconds));
                turns.Add(turn);
                Console.WriteLine(turn.Line);
                if (side.State is { } state) Console.WriteLine($"       {await state()}");
            }
        }

        return turns;
    }

    private async Task<Turn> TakeTurnAsync(Side side, int round, TimeSpan length)
    {
        var (server, database, delivery, own) = (side.ProcessorTime(), sides.DatabaseProcessorTime, sink.ProcessorTime, Environment.CpuUsage.TotalTime);
        var load = await _generator.RunAsync(side.Addresses, TestClient.News, length);
        own = Environment.CpuUsage.TotalTime - own;
        var accepted = (load.Requests - load.NotAccepted) * (long)options.EventsPerRequest;
        TimeSpan? deliveredAfter = side.Delivers ? await _delivery.DrainAsync(accepted) : null;
        return new Turn(
            side.Name, round, load, accepted, side.ProcessorTime() - server, sides.DatabaseProcessorTime - database, sink.ProcessorTime - delivery, own,
            deliveredAfter);
    }
}
