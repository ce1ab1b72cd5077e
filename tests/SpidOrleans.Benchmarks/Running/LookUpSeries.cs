using System.Net.Sockets;
using SpidOrleans.Benchmarks.Load;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.Sending;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Session look-ups of known visitors at a fixed rate: one silo, anew for each number of visitors and each share of them that is
/// signed in.</summary>
internal static class LookUpSeries
{
    /// <summary>Until the just-in-time compiler of the silo has settled.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(12);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Machine.Description);
        Console.WriteLine($"{(options.IsPostgres ? "PostgreSQL" : "SQLite")}, {options.Rate:N0} session look-ups/s, at most {options.Connections} at once; {Disk.Describe(options.Folder)}");
        var sums = new List<(string Who, LookUpTurn Sum)>();
        try
        {
            foreach (var visitors in options.Visitors.Select(number => number!.Value))
            {
                foreach (var signedIn in options.SignedIn)
                {
                    var who = $"{visitors:N0} visitors, {signedIn} % signed in";
                    Console.WriteLine();
                    Console.WriteLine(who);
                    sums.Add((who, LookUpTurn.Sum(await MeasureAsync(options, who, visitors, signedIn))));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or SocketException or HttpRequestException or TimeoutException or UnexpectedAnswerException)
        {
            Console.Error.WriteLine($"FAILED: {exception.Message}");
            return 1;
        }

        Console.WriteLine();
        Console.WriteLine($"{"all turns as one",-36}{LookUpTurn.Heading}");
        foreach (var (who, sum) in sums) Console.WriteLine($"{who,-36}{sum.Line}");

        foreach (var (who, sum) in sums.Where(sum => sum.Sum.Load.Faults > 0))
            Console.Error.WriteLine($"FAILED: {who}: {sum.Load.Faults:N0} of {sum.Load.Requests:N0} answers were not what they should be; the first: {sum.Load.FirstFault}");
        return sums.Any(sum => sum.Sum.Load.Faults > 0) ? 1 : 0;
    }

    /// <summary>
    /// 1. Visitors become known, some as users, and all that this leaves for Mixpanel is delivered.
    /// 2. The silo starts again: nobody is in its memory.
    /// 3. Warm-up, and the turns.
    /// </summary>
    private static async Task<IReadOnlyCollection<LookUpTurn>> MeasureAsync(BenchmarkOptions options, string who, int count, int signedIn)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"spidorleans-bench-{Environment.ProcessId}"));
        try
        {
            using var sink = await ChildServer.StartAsync("sink");
            await using var postgres = options.IsPostgres ? await PostgresServer.StartAsync(folder.FullName) : null;
            await using var silo = await SiloProcess.StartAsync(new SiloSettings
            {
                Mixpanel = sink.Address,
                Clients = [SitePage.Client],
                More = new Dictionary<string, string>
                {
                    [$"Clients:{SitePage.Client.ClientId}:Origins:0"] = SitePage.Origin,
                    [$"Clients:{SitePage.Client.ClientId}:SignSecret"] = "sign-secret",
                    // All of these browsers are at one address.
                    ["Limits:BrowserRequestsPerSecond"] = "unlimited",
                    ["Storage:Provider"] = options.IsPostgres ? "PostgreSql" : "Sqlite",
                    ["Storage:ConnectionString"] = postgres is null ? $"Data Source={Path.Combine(folder.FullName, "silo.db")}" : await postgres.CreateDatabaseAsync(),
                },
            });

            // 1
            var visitors = await FirstVisits.MakeAsync(silo.Address, count, signedIn);
            await new Delivery(sink).DrainAsync(Enumerable.Range(0, count).Count(visitor => KnownVisitors.IsSignedIn(visitor, signedIn)));

            // 2
            await silo.StopAsync();
            await silo.StartAsync();

            // 3
            var generator = new LookUpGenerator(options.Rate, options.Connections, visitors);
            Console.WriteLine($"turn{LookUpTurn.Heading}");
            var warmUp = await TakeTurnAsync("warm", WarmUp);
            if (warmUp.Load.FirstFault is { } fault) throw new UnexpectedAnswerException($"{who}: while warming up, the silo answered {fault}");
            var turns = new List<LookUpTurn>();
            for (var round = 1; round <= options.Rounds; round++) turns.Add(await TakeTurnAsync($"{round}", TimeSpan.FromSeconds(options.Seconds)));
            return turns;

            async Task<LookUpTurn> TakeTurnAsync(string name, TimeSpan length)
            {
                var (server, database, own, all) = (silo.ProcessorTime, postgres?.ProcessorTime, Environment.CpuUsage.TotalTime, Machine.ProcessorTime);
                var load = await generator.RunAsync(silo.Address, length);
                var turn = new LookUpTurn(
                    load, silo.ProcessorTime - server, postgres?.ProcessorTime - database ?? TimeSpan.Zero, Environment.CpuUsage.TotalTime - own,
                    Machine.ProcessorTime - all);
                Console.WriteLine($"{name,4}{turn.Line}");
                return turn;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
