namespace SpidOrleans.Benchmarks.Load;

/// <summary>What a turn measured.</summary>
/// <param name="Latencies">Of every request, ascending.</param>
/// <param name="OtherAnswers">How many were answered with each status other than 202.</param>
internal sealed record LoadResult(IReadOnlyList<TimeSpan> Latencies, TimeSpan Elapsed, IReadOnlyDictionary<int, int> OtherAnswers)
{
    public int Requests => Latencies.Count;

    public double PerSecond => Requests / Elapsed.TotalSeconds;

    public int NotAccepted => OtherAnswers.Values.Sum();

    public TimeSpan Percentile(double share) => Latencies[Math.Min(Requests - 1, (int)(Requests * share))];
}
