using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task ReadPending_GivesALanesEvents_InPages()
    {
        await AppendAsync(Web, "v:a", "1", "2", "3");
        await AppendAsync(Web, "v:b", "other");
        var lane = LaneOf(Web, "v:a");

        var first = await Outbox.ReadPendingAsync(lane, 0, 2, int.MaxValue, Cancel);
        Assert.Equal(["1", "2"], first.Select(TextOf));
        Assert.Equal(["3"], (await Outbox.ReadPendingAsync(lane, first[1].Position, 2, int.MaxValue, Cancel)).Select(TextOf));
        Assert.Equal(["1"], (await Outbox.ReadPendingAsync(lane, 0, 2, 1, Cancel)).Select(TextOf));
        await Outbox.RemoveAsync(lane.Shard, [first[0].Position]);
        Assert.Equal(["2", "3"], (await Outbox.ReadPendingAsync(lane, 0, 10, int.MaxValue, Cancel)).Select(TextOf));
    }

    [Fact]
    public async Task ReadOldest_AlwaysBeginsWithTheOldestAndStopsAtTheRowBound()
    {
        await AppendAsync(Web, "v:a", "1", "2", "3", "4");
        var shard = LaneOf(Web, "v:a").Shard;

        Assert.Equal(["1", "2"], (await Outbox.ReadOldestAsync(shard, 2, int.MaxValue, Cancel)).Select(TextOf));
        Assert.Equal(["1", "2", "3"], (await Outbox.ReadOldestAsync(shard, 3, int.MaxValue, Cancel)).Select(TextOf));
    }

    [Theory]
    [InlineData(30, 3)] // exactly
    [InlineData(29, 2)]
    [InlineData(10, 1)]
    [InlineData(1, 1)] // less than one row: one row
    public async Task ReadOldest_StopsBeforeTheByteBoundButNeverBeforeTheFirstRow(int bytesMax, int expected)
    {
        await AppendAsync(Web, "v:a", "1234567890", "1234567890", "1234567890", "1234567890");
        Assert.Equal(expected, (await Outbox.ReadOldestAsync(LaneOf(Web, "v:a").Shard, 100, bytesMax, Cancel)).Count);
    }

    [Fact]
    public async Task ReadOldest_GivesNothingOfOtherShardsAndProjects()
    {
        var shard = new Shard(Web, 1);
        await Outbox.AppendAsync(new Lane(shard, "v:a"), [Event("mine")]);
        await Outbox.AppendAsync(new Lane(new Shard(Web, 10), "v:b"), [Event("of shard 10")]);
        await Outbox.AppendAsync(new Lane(new Shard("web-1", 1), "v:c"), [Event("of another project")]);

        Assert.Equal(["mine"], (await Outbox.ReadOldestAsync(shard, 100, int.MaxValue, Cancel)).Select(TextOf));
        Assert.Empty(await Outbox.ReadOldestAsync(new Shard(Web, 2), 100, int.MaxValue, Cancel));
    }

    [Fact]
    public async Task ReadLane_CountsTheLaneAloneAndKnowsItsLatestTime()
    {
        await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("1", 10), Event("2", 30), Event("3", 20)]);
        await Outbox.AppendAsync(LaneOf(App, "v:a"), [Event("of another project", 99)]);
        await Outbox.AppendAsync(LaneOf(Web, "v:b"), [Event("of another visitor", 99)]);

        Assert.Equal(new LaneSummary(3, 30), await Outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel));
        Assert.Equal(new LaneSummary(0, null), await Outbox.ReadLaneAsync(LaneOf(Web, "v:nobody"), Cancel));
    }

    [Fact]
    public async Task ReadLatestTime_LooksAtAllProjects()
    {
        await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("1", 10), Event("2", 5)]);
        await Outbox.AppendAsync(LaneOf(App, "v:a"), [Event("3", 40)]);
        await Outbox.AppendAsync(LaneOf(App, "v:b"), [Event("4", 90)]);

        Assert.Equal(40, await Outbox.ReadLatestTimeAsync("v:a", Cancel));
        Assert.Null(await Outbox.ReadLatestTimeAsync("v:nobody", Cancel));
    }

    [Fact]
    public async Task ReadShards_NamesExactlyThoseThatHaveRows()
    {
        Assert.Empty(await Outbox.ReadShardsAsync(Cancel));

        Shard[] shards = [new(Web, 0), new(Web, 3), new(Web, 12), new(App, 3), new("a-b_c", 1_023)];
        foreach (var shard in shards) await Outbox.AppendAsync(new Lane(shard, "v:a"), [Event("1"), Event("2")]);
        Assert.Equal(shards.ToHashSet(), (await Outbox.ReadShardsAsync(Cancel)).ToHashSet());
        Assert.Equal(shards.Length, (await Outbox.ReadShardsAsync(Cancel)).Count);

        var rows = await Outbox.ReadOldestAsync(shards[1], 10, int.MaxValue, Cancel);
        await Outbox.RemoveAsync(shards[1], [.. rows.Select(row => row.Position)]);
        Assert.Equal(shards.Except([shards[1]]).ToHashSet(), (await Outbox.ReadShardsAsync(Cancel)).ToHashSet());
    }

    [Fact]
    public async Task Check_OfAnOpenDatabase_Passes() => await Outbox.CheckAsync(Cancel).WaitAsync(Patience);
}
