using SpidOrleans.Benchmarks.Load;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>What was measured at a fixed rate, and what processor time that took.</summary>
/// <param name="Machine">Of everything that ran at the time.</param>
internal sealed record LookUpTurn(LookUpResult Load, TimeSpan Silo, TimeSpan Database, TimeSpan Generator, TimeSpan Machine)
{
    public const string Heading =
        " reached/s   p50 ms   p99 ms p99.9 ms   max ms   faults | sent late, p99 ms | CPU µs/request:   silo  database    load | cores that others took";

    public string Line =>
        $"{Load.PerSecond,10:N0} {Ms(Load.Latencies, 0.50)} {Ms(Load.Latencies, 0.99)} {Ms(Load.Latencies, 0.999)} {Ms(Load.Latencies, 1)} {Load.Faults,8:N0}" +
        $" | {Ms(Load.Late, 0.99),17} | {PerRequest(Silo),22:N1} {PerRequest(Database),9:N1} {PerRequest(Generator),7:N1}" +
        $" | {(Machine - Silo - Database - Generator) / Load.Took,22:N2}";

    /// <summary>All of them as one.</summary>
    public static LookUpTurn Sum(IReadOnlyCollection<LookUpTurn> turns)
    {
        return new LookUpTurn(
            LookUpResult.Sum([.. turns.Select(turn => turn.Load)]), Of(turn => turn.Silo), Of(turn => turn.Database), Of(turn => turn.Generator),
            Of(turn => turn.Machine));

        TimeSpan Of(Func<LookUpTurn, TimeSpan> time) => turns.Aggregate(TimeSpan.Zero, (sum, turn) => sum + time(turn));
    }

    private static string Ms(IReadOnlyList<TimeSpan> times, double share) => $"{times.Percentile(share).TotalMilliseconds,8:N2}";

    private double PerRequest(TimeSpan time) => time.TotalMicroseconds / Load.Requests;
}
