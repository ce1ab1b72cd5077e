using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;
using Xunit;

namespace SpidOrleans.UnitTests.Operations;

public sealed class TrafficTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void ASlot_HasWhatPassedInIt_AndTheRingIsBounded()
    {
        var traffic = new Traffic(_clock);
        traffic.Accepted("web", 3);
        traffic.Delivered("web", 2);
        traffic.Turn(100, new Dictionary<string, int> { ["web"] = 7, ["silent"] = 9 });
        traffic.Accepted("web", 1);
        traffic.Turn(103, null);

        var web = Assert.Single(traffic.Tell(), report => report.Project == "web");
        Assert.Equal(103, web.LastSlot);
        Assert.Equal([3, 0, 0, 1], web.Accepted);
        Assert.Equal([2, 0, 0, 0], web.Delivered);
        Assert.Equal([7, -1, -1, -1], web.LagSeconds);
        Assert.Equal(9, Assert.Single(traffic.Tell(), report => report.Project == "silent").LagSeconds[0]);

        traffic.Turn(1_000_000, null);
        Assert.All(traffic.Tell(), report => Assert.InRange(report.Accepted.Length, 1, TrafficReport.SlotsKept));
    }

    [Fact]
    public void AClockThatGoesBack_LosesNothing()
    {
        var traffic = new Traffic(_clock);
        traffic.Turn(100, null);
        traffic.Accepted("web", 3);
        traffic.Turn(99, null);
        traffic.Turn(101, null);

        Assert.Equal(3, Assert.Single(traffic.Tell()).Accepted.Sum());
    }

    [Fact]
    public void AShard_FailsUntilItDelivers()
    {
        var board = new DeliveryBoard(_clock);
        var shard = new Shard("web", 3);
        board.Failed(shard, "away", TimeSpan.FromSeconds(5));
        board.Failed(shard, "still away", TimeSpan.FromSeconds(10));
        var failing = Assert.Single(board.Tell());
        Assert.Equal((2, "still away", 10_000L), (failing.Failures, failing.LastError, failing.NextTryAtMs - _clock.GetUtcNow().ToUnixTimeMilliseconds()));

        board.Delivered(shard, 600);
        _clock.Advance(TimeSpan.FromSeconds(60));
        var fine = Assert.Single(board.Tell());
        Assert.Equal((0, "still away", null), (fine.Failures, fine.LastError, fine.NextTryAtMs));
        Assert.InRange(fine.DeliveredPerSecond, 9, 11);
        _clock.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal(0, Assert.Single(board.Tell()).DeliveredPerSecond);

        board.Left(shard);
        Assert.Empty(board.Tell());
    }
}
