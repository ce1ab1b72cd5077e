namespace SpidOrleans.Benchmarks.Load;

/// <summary>What a turn measured.</summary>
/// <param name="Latencies">Of every request, ascending.</param>
/// <param name="InTime">How many were accepted before the turn's end: stragglers make it neither longer nor better.</param>
/// <param name="OtherAnswers">How many were answered with each status other than 202.</param>
internal sealed record LoadResult(
    IReadOnlyList<TimeSpan> Latencies, int InTime, TimeSpan Length, IReadOnlyDictionary<int, int> OtherAnswers)
{
    public int Requests => Latencies.Count;

    public double PerSecond => InTime / Length.TotalSeconds;

    public int NotAccepted => OtherAnswers.Values.Sum();

    public TimeSpan Percentile(double share) => Latencies.Percentile(share);
}
