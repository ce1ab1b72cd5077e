namespace SpidOrleans.Benchmarks.Running;

/// <summary>What the turns of one comparison come to: each side's median, and how many times as fast the silo is.</summary>
internal sealed class Summary(IReadOnlyList<Turn> turns, string subject)
{
    public IReadOnlyList<string> Others { get; } = [.. turns.Select(turn => turn.Who).Distinct().Where(who => who != subject)];

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine($"{"median of turns",-18} {"requests/s",10}   {subject}: times as fast, by round");
        Console.WriteLine($"{subject,-18} {PerSecond(subject),10:N0}");
        foreach (var who in Others)
        {
            var ratios = Ratios(who);
            Console.WriteLine($"{who,-18} {PerSecond(who),10:N0}   {Median(ratios):N2} ({ratios.Min():N2} to {ratios.Max():N2})");
        }

        Console.WriteLine($"answers other than 202: {string.Join(", ", turns.GroupBy(turn => turn.Who).Select(NotAccepted))}");
        Console.WriteLine($"all accepted events were delivered at most {turns.Max(turn => turn.DeliveredAfter)?.TotalSeconds:N1} s after their turn");
    }

    /// <summary>For the table of all comparisons: rate, latencies, processor time per event, ratios.</summary>
    public string Line()
    {
        var own = turns.Where(turn => turn.Who == subject).ToList();
        return $"{PerSecond(subject),10:N0} {Of(turn => turn.Load.Percentile(0.50).TotalMilliseconds),8:N1} {Of(turn => turn.Load.Percentile(0.99).TotalMilliseconds),8:N1}" +
            $" | {Of(turn => turn.PerEvent(turn.Server)),20:N1} {Of(turn => turn.PerEvent(turn.Database)),9:N1} {Of(turn => turn.PerEvent(turn.Sink)),7:N1}" +
            $" {Of(turn => turn.PerEvent(turn.Generator)),7:N1} | {string.Join("  ", Others.Select(who => $"{Median(Ratios(who)):N2} × {who}"))}";

        double Of(Func<Turn, double> value) => Median([.. own.Select(value)]);
    }

    private double PerSecond(string who) => Median([.. turns.Where(turn => turn.Who == who).Select(turn => turn.Load.PerSecond)]);

    /// <summary>Within each round, whose turns met the same machine.</summary>
    private double[] Ratios(string who) =>
    [
        .. turns.Where(turn => turn.Who == who).Join(
            turns.Where(turn => turn.Who == subject), other => other.Round, own => own.Round, (other, own) => own.Load.PerSecond / other.Load.PerSecond),
    ];

    private static string NotAccepted(IGrouping<string, Turn> turns) => $"{turns.Key} {turns.Sum(turn => turn.Load.NotAccepted)}";

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
