using System.Globalization;
using SpidOrleans.TestKit.Postgres;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>How long and how hard.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Sessions are looked up at <see cref="Rate"/>; otherwise events are accepted, as fast as possible.</summary>
    public bool IsLookUp { get; init; }

    /// <summary>Look-ups per second.</summary>
    public int Rate { get; init; } = 1_000;

    /// <summary>How many in a hundred of the visitors that are looked up are signed in: one measurement for each number.</summary>
    public IReadOnlyList<int> SignedIn { get; init; } = [0, 50];

    /// <summary>Of each turn. Eight are some fifty thousand requests: a p99 of hundreds of samples.</summary>
    public int Seconds { get; init; } = 8;

    /// <summary>Turns of each side, in alternation: what else the machine does then meets all alike.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Requests in flight: enough to fill two cores, few enough for latencies that a site would accept.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>One is what a back end does that tracks as it serves.</summary>
    public int EventsPerRequest { get; init; } = 1;

    /// <summary>Whose the events of one request are, in turn; null: each event another's, the hardest there is.</summary>
    public int? VisitorsPerRequest { get; init; }

    public bool IsPostgres { get; init; }

    /// <summary>How many silos share the database and the load: one comparison for each number.</summary>
    public IReadOnlyList<int> Silos { get; init; } = [1];

    /// <summary>How many visitors take part, null for a new one with each event: one comparison for each number.</summary>
    public IReadOnlyList<int?> Visitors { get; init; } = [5_000];

    /// <summary>Where all databases lie: the disk decides what a commit costs.</summary>
    public string Folder { get; init; } = Path.GetTempPath();

    public static bool TryParse(string[] arguments, out BenchmarkOptions options, out string fault)
    {
        options = new BenchmarkOptions();
        fault = "";
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            BenchmarkOptions? changed = arguments[i] switch
            {
                "--what" when value is "events" or "session" => options with { IsLookUp = value == "session" },
                "--rate" when Number(value, 100_000) is { } number => options with { Rate = number },
                "--signed-in" when List(value, part => Number(part, 100, min: 0)) is { } shares => options with { SignedIn = [.. shares.Select(number => number!.Value)] },
                "--seconds" when Number(value, 600) is { } number => options with { Seconds = number },
                "--rounds" when Number(value, 100) is { } number => options with { Rounds = number },
                "--connections" when Number(value, 1_000) is { } number => options with { Connections = number },
                "--events-per-request" when Number(value, 2_000) is { } number => options with { EventsPerRequest = number },
                "--visitors-per-request" when Number(value, 2_000) is { } number => options with { VisitorsPerRequest = number },
                "--database" when value is "sqlite" or "postgresql" => options with { IsPostgres = value == "postgresql" },
                "--silos" when List(value, part => Number(part, 8)) is { } silos => options with { Silos = [.. silos.Select(number => number!.Value)] },
                "--visitors" when List(value, part => part == "new" ? 0 : Number(part, 10_000_000)) is { } visitors =>
                    options with { Visitors = [.. visitors.Select(number => number == 0 ? null : number)] },
                "--folder" when Directory.Exists(value) => options with { Folder = value },
                _ => null,
            };
            if (changed is null)
            {
                fault = $"Not understood: {arguments[i]} {value}";
                return false;
            }

            options = changed;
        }

        fault = options.Contradiction();
        return fault.Length == 0;
    }

    public static int Explain(string fault)
    {
        Console.Error.WriteLine(fault);
        Console.Error.WriteLine("""
            Options, [defaults]:
              --what events|session [events]         events accepted as fast as possible, or sessions looked up at a fixed rate
              --rate 1-100000 [1000]                 session: look-ups per second
              --signed-in 0-100 [0,50]               session: per cent of the visitors; several: a measurement with each
              --database sqlite|postgresql [sqlite]
              --silos 1-8 [1]                        several (1,4): a comparison with each; PostgreSQL only
              --visitors 1-10000000|new [5000]       several (1000,1000000,new): a comparison with each
              --events-per-request 1-2000 [1]
              --visitors-per-request 1-2000 [as many as events]
              --connections 1-1000 [64]
              --seconds 1-600 [8]                    of each turn
              --rounds 1-100 [3]
              --folder <existing folder> [temp]      where the databases lie
            """);
        return 2;
    }

    /// <returns>Empty when there is none.</returns>
    private string Contradiction()
    {
        if (IsPostgres && !PostgresServer.IsInstalled) return PostgresServer.NotInstalled;
        if (!IsPostgres && Silos.Any(number => number > 1)) return "SQLite serves one silo: --silos needs --database postgresql.";
        if (IsLookUp && Silos.Any(number => number > 1)) return "Session look-ups are measured at one silo: --what session needs --silos 1.";
        if (IsLookUp && Visitors.Contains(null)) return "Session look-ups are of known visitors: --what session needs a number of --visitors.";
        return "";
    }

    private static int? Number(string value, int max, int min = 1) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;

    /// <returns>Null when there is a part that is none.</returns>
    private static int?[]? List(string value, Func<string, int?> read)
    {
        int?[] numbers = [.. value.Split(',').Select(read)];
        return numbers.Contains(null) ? null : numbers;
    }
}
