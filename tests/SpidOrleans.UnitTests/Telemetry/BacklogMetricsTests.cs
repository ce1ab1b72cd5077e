using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.UnitTests.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Telemetry;

public sealed class BacklogMetricsTests
{
    private static readonly Shard First = new("web", 0), Second = new("web", 1);

    [Fact]
    public void TheOldest_IsThatOfAllShards_GrowsBetweenLooks_AndIs0WhereNothingWaits()
    {
        var (clock, factory) = (new FakeTimeProvider(), Meters.Factory());
        using var readings = new Readings(factory);
        var metrics = new BacklogMetrics(factory, Meters.Of(["web", "app"]), clock);
        Assert.Null(readings.Of("spid.oldest_pending", "web"));

        metrics.Looked([new(First, 5, TimeSpan.FromSeconds(10)), new(Second, 7, TimeSpan.FromSeconds(90)), new(new("gone", 3), 1, TimeSpan.FromDays(1))], []);
        Assert.Equal(90, readings.Of("spid.oldest_pending", "web"));
        Assert.Equal(0, readings.Of("spid.oldest_pending", "app"));
        Assert.Equal(86_400, readings.Of("spid.oldest_pending", "gone"));
        Assert.Equal(12, readings.Of("spid.pending", "web"));
        Assert.Equal(7, readings.Of("spid.shard.pending.max", "web"));

        // The database does not answer for a while.
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(120, readings.Of("spid.oldest_pending", "web"));
        Assert.Equal(0, readings.Of("spid.oldest_pending", "app"));

        metrics.Looked([], []);
        Assert.Equal(0, readings.Of("spid.oldest_pending", "web"));
        Assert.Equal(0, readings.Of("spid.pending", "web"));
    }

    [Fact]
    public void TheRate_IsThatOfTheBusiestShard_BetweenTwoLooks()
    {
        var (clock, factory) = (new FakeTimeProvider(), Meters.Factory());
        using var readings = new Readings(factory);
        var metrics = new BacklogMetrics(factory, Meters.Of(["web"]), clock);
        metrics.Looked([], [(First, 1_000), (Second, 0)]);
        Assert.Equal(0, readings.Of("spid.shard.rate.max", "web"));

        clock.Advance(TimeSpan.FromSeconds(10));
        metrics.Looked([], [(First, 1_100), (Second, 500)]);
        Assert.Equal(50, readings.Of("spid.shard.rate.max", "web"));
    }
}
