using SpidOrleans.Benchmarks.Load;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>One side's turn in one round: what it answered and what processor time that took, delivery to the end included.</summary>
/// <param name="Events">How many were accepted.</param>
/// <param name="DeliveredAfter">The last request's answer; null for a side that delivers nothing.</param>
internal sealed record Turn(
    string Who, int Round, LoadResult Load, long Events, TimeSpan Server, TimeSpan Database, TimeSpan Sink, TimeSpan Generator, TimeSpan? DeliveredAfter)
{
    public const string Heading =
        "round  who                requests/s   p50 ms   p99 ms   not 202 | CPU µs/event: server  database    sink    load | delivered after";

    public string Line =>
        $"{Round,5}  {Who,-16} {Load.PerSecond,12:N0} {Load.Percentile(0.50).TotalMilliseconds,8:N1} {Load.Percentile(0.99).TotalMilliseconds,8:N1} " +
        $"{Load.NotAccepted,9:N0} | {PerEvent(Server),20:N1} {PerEvent(Database),9:N1} {PerEvent(Sink),7:N1} {PerEvent(Generator),7:N1} |" +
        (DeliveredAfter is { } after ? $"{after.TotalSeconds,14:N1} s" : "");

    /// <returns>Microseconds.</returns>
    public double PerEvent(TimeSpan time) => time.TotalMicroseconds / Math.Max(Events, 1);
}
