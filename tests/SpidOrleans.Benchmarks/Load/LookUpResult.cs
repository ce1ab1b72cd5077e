namespace SpidOrleans.Benchmarks.Load;

/// <summary>What was measured at a fixed rate.</summary>
/// <param name="Latencies">Of every request from the time at which it was due, ascending.</param>
/// <param name="Late">By how much each was sent late, ascending: because all connections were taken, or the generator was held up itself.</param>
/// <param name="Took">Until the last answer.</param>
/// <param name="Faults">How many answers were not what they should be.</param>
internal sealed record LookUpResult(
    IReadOnlyList<TimeSpan> Latencies, IReadOnlyList<TimeSpan> Late, TimeSpan Took, int Faults, string? FirstFault)
{
    public int Requests => Latencies.Count;

    public double PerSecond => Requests / Took.TotalSeconds;

    /// <summary>All of them as one.</summary>
    public static LookUpResult Sum(IReadOnlyCollection<LookUpResult> parts) => new(
        [.. parts.SelectMany(part => part.Latencies).Order()],
        [.. parts.SelectMany(part => part.Late).Order()],
        parts.Aggregate(TimeSpan.Zero, (sum, part) => sum + part.Took),
        parts.Sum(part => part.Faults),
        parts.Select(part => part.FirstFault).FirstOrDefault(fault => fault is not null));
}
