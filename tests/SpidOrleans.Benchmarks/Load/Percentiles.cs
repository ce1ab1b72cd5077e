namespace SpidOrleans.Benchmarks.Load;

internal static class Percentiles
{
    /// <param name="ascending">At least one.</param>
    /// <returns>What the share of the times is not above.</returns>
    public static TimeSpan Percentile(this IReadOnlyList<TimeSpan> ascending, double share) =>
        ascending[Math.Min(ascending.Count - 1, (int)(ascending.Count * share))];
}
