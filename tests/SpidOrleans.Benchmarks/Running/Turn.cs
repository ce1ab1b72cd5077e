using SpidOrleans.Benchmarks.Load;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>One side's turn in one round: what it answered and what processor time that took.</summary>
internal sealed record Turn(string Who, LoadResult Load, TimeSpan Server, TimeSpan Sink, TimeSpan Generator)
{
    public const string Heading = "round  who                requests/s   p50 ms   p99 ms   not 202 | CPU s: server    sink   load";

    public string Line(int round) =>
        $"{round,5}  {Who,-16} {Load.PerSecond,12:N0} {Load.Percentile(0.50).TotalMilliseconds,8:N1} {Load.Percentile(0.99).TotalMilliseconds,8:N1} " +
        $"{Load.NotAccepted,9:N0} | {Server.TotalSeconds,13:N1} {Sink.TotalSeconds,7:N1} {Generator.TotalSeconds,6:N1}";
}
