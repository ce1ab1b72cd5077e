using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>What a part of a long run has left, with nothing pending.</summary>
/// <param name="MemoryBytes">Resident, of the largest silo.</param>
/// <param name="OutboxBytes">Table and indexes.</param>
/// <param name="Latency">Of one sender alone.</param>
internal sealed record Measurement(long MemoryBytes, long OutboxBytes, TimeSpan Latency)
{
    /// <summary>Fewer say nothing about growth.</summary>
    private const int PartsMin = 6;

    private const long MemoryBytesMax = 500L << 20;
    private const long OutboxBytesMax = 64L << 20;

    /// <summary>Twice, and what a busy machine adds.</summary>
    private static readonly TimeSpan LatencySlack = TimeSpan.FromMilliseconds(50);

    /// <summary>Bounded in each part, and in the last third not above the first.</summary>
    public static void AssertFlat(IReadOnlyList<Measurement> parts)
    {
        Assert.All(parts, part => Assert.InRange(part.MemoryBytes, 0, MemoryBytesMax));
        Assert.All(parts, part => Assert.InRange(part.OutboxBytes, 0, OutboxBytesMax));
        if (parts.Count < PartsMin) return;

        var (first, last) = (Median(parts.Take(parts.Count / 3)), Median(parts.TakeLast(parts.Count / 3)));
        Assert.InRange(last.MemoryBytes, 0, first.MemoryBytes * 3 / 2);
        Assert.InRange(last.OutboxBytes, 0, first.OutboxBytes * 2 + OutboxBytesMax / 4);
        Assert.InRange(last.Latency, TimeSpan.Zero, first.Latency * 2 + LatencySlack);
    }

    public override string ToString() => $"memory {MemoryBytes >> 20} MB, outbox {OutboxBytes >> 10} KB, latency {Latency.TotalMilliseconds:0.0} ms";

    private static Measurement Median(IEnumerable<Measurement> parts)
    {
        var all = parts.ToList();
        return new(Middle(part => part.MemoryBytes), Middle(part => part.OutboxBytes), Middle(part => part.Latency));

        T Middle<T>(Func<Measurement, T> value) => all.Select(value).Order().ElementAt(all.Count / 2);
    }
}
