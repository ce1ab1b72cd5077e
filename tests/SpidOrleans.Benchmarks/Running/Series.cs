namespace SpidOrleans.Benchmarks.Running;

/// <summary>One comparison for each number of silos and visitors, with fresh databases, and what changes between them.</summary>
internal static class Series
{
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        Console.WriteLine(Machine.Description);
        Console.WriteLine(
            $"{(options.IsPostgres ? "PostgreSQL" : "SQLite")}, {options.Connections} connections, {options.EventsPerRequest} events of {options.VisitorsPerRequest ?? options.EventsPerRequest} visitors per request; " +
            Disk.Describe(options.Folder));
        var lines = new List<string>();
        var isFaultless = true;
        foreach (var silos in options.Silos)
        {
            foreach (var visitors in options.Visitors)
            {
                Console.WriteLine();
                Console.WriteLine($"silos: {silos}, visitors: {Name(visitors)}");
                var (summary, isWell) = await CompareAsync(options, silos, visitors);
                summary.Print();
                lines.Add($"{silos,5} {Name(visitors),10} {summary.Line()}");
                isFaultless &= isWell;
            }
        }

        Console.WriteLine();
        Console.WriteLine("silos   visitors requests/s   p50 ms   p99 ms | CPU µs/event: server  database    sink    load | times as fast");
        foreach (var line in lines) Console.WriteLine(line);
        return isFaultless ? 0 : 1;
    }

    private static string Name(int? visitors) => visitors is { } count ? $"{count:N0}" : "new";

    /// <returns>Not well: a silo refused something. A floor that breaks under this load is a result.</returns>
    private static async Task<(Summary Summary, bool IsWell)> CompareAsync(BenchmarkOptions options, int silos, int? visitors)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"spidorleans-bench-{Environment.ProcessId}"));
        try
        {
            using var sink = await ChildServer.StartAsync("sink");
            await using var sides = options.IsPostgres
                ? await PostgresSides.StartAsync(folder.FullName, sink.Address, silos)
                : await SqliteSides.StartAsync(folder.FullName, sink.Address);
            var turns = await new Comparison(options, visitors, sides, sink).RunAsync();
            var delivering = sides.All.Where(side => side.Delivers).Select(side => side.Name).ToHashSet();
            return (new Summary(turns, sides.All[^1].Name), turns.Where(turn => delivering.Contains(turn.Who)).All(turn => turn.Load.NotAccepted == 0));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
