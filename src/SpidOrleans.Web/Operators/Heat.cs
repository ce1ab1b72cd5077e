using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Web.Operators;

/// <summary>What carries much more than its share. Pure.</summary>
internal static class Heat
{
    /// <summary>A share this many times as large as if all had the same.</summary>
    private const double ShardShare = 2;

    private const double SiloShare = 1.5;

    /// <summary>Below these nothing is hot, however uneven it is.</summary>
    private const double RateMin = 50;

    private const int PendingMin = 1_000;

    /// <summary>Of a silo's processors.</summary>
    private const double BusyPercent = 80;

    /// <summary>Why a shard is hot; null: it is not.</summary>
    /// <param name="shards">Of the same project.</param>
    /// <param name="count">How many the project has.</param>
    public static string? Of(ShardReport? shard, ShardWaiting? backlog, IReadOnlyCollection<ShardReport> shards, IReadOnlyCollection<ShardWaiting> behind, int count)
    {
        if (count < 2) return null;
        var fair = shards.Sum(one => one.DeliveredPerSecond) / count;
        if (shard?.DeliveredPerSecond >= RateMin && shard.DeliveredPerSecond > ShardShare * fair) return "delivers more than twice its share";
        var fairPending = behind.Sum(one => (double)one.Pending) / count;
        return backlog?.Pending >= PendingMin && backlog.Pending > ShardShare * fairPending ? "has more than twice its share of what waits" : null;
    }

    /// <summary>Why a silo is hot; null: it is not.</summary>
    public static string? Of(SiloReport silo, IReadOnlyCollection<SiloReport> all)
    {
        if (silo.ProcessorPercent >= BusyPercent) return "its processors are nearly always busy";
        var own = RateOf(silo);
        return all.Count > 1 && own >= RateMin && own > SiloShare * all.Average(RateOf) ? "delivers more than its share" : null;
    }

    public static double RateOf(SiloReport silo) => silo.Shards.Sum(shard => shard.DeliveredPerSecond);
}
