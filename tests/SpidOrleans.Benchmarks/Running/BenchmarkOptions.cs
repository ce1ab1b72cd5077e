using System.Globalization;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>How long and how hard.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>Of each silo's turn; a floor's is half as long. Eight are some fifty thousand requests: a p99 of hundreds of samples.</summary>
    public int Seconds { get; init; } = 8;

    /// <summary>Turns of each side, in alternation: what else the machine does then meets all alike.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Requests in flight: enough to fill two cores, few enough for latencies that a site would accept.</summary>
    public int Connections { get; init; } = 64;

    /// <summary>One is what a back end does that tracks as it serves.</summary>
    public int EventsPerRequest { get; init; } = 1;

    /// <summary>Where all databases lie: the disk decides what a commit costs.</summary>
    public string Folder { get; init; } = Path.GetTempPath();

    public static bool TryParse(string[] arguments, out BenchmarkOptions options, out string fault)
    {
        options = new BenchmarkOptions();
        fault = "";
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            if (arguments[i] == "--folder" && Directory.Exists(value))
            {
                options = options with { Folder = value };
                continue;
            }

            var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            BenchmarkOptions? changed = arguments[i] switch
            {
                "--seconds" when isNumber && number is >= 1 and <= 600 => options with { Seconds = number },
                "--rounds" when isNumber && number is >= 1 and <= 100 => options with { Rounds = number },
                "--connections" when isNumber && number is >= 1 and <= 1_000 => options with { Connections = number },
                "--events-per-request" when isNumber && number is >= 1 and <= 2_000 => options with { EventsPerRequest = number },
                _ => null,
            };
            if (changed is null)
            {
                fault = $"{arguments[i]} {value}";
                return false;
            }

            options = changed;
        }

        return true;
    }

    public static int Explain(string fault)
    {
        Console.Error.WriteLine($"Not understood: {fault}");
        Console.Error.WriteLine("Options: --seconds 1-600 [8] --rounds 1-100 [3] --connections 1-1000 [64] --events-per-request 1-2000 [1] --folder <existing folder> [temp]");
        return 2;
    }
}
