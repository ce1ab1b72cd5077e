using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task Remove_TakesExactlyTheNamedRows_AndTwiceIsHarmless()
    {
        await AppendAsync(Web, "v:a", "1", "2", "3", "4");
        var shard = LaneOf(Web, "v:a").Shard;
        var rows = await ReadRowsAsync(Web, "v:a");
        long[] positions = [rows[0].Position, rows[2].Position];

        await Outbox.RemoveAsync(shard, positions);
        Assert.Equal(["2", "4"], await ReadAsync(Web, "v:a"));
        await Outbox.RemoveAsync(shard, positions);
        Assert.Equal(["2", "4"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Remove_ByAnotherShard_LeavesTheRow()
    {
        await AppendAsync(Web, "v:a", "1");
        var row = Assert.Single(await ReadRowsAsync(Web, "v:a"));
        await Outbox.RemoveAsync(LaneOf(App, "v:a").Shard, [row.Position]);
        Assert.Equal(["1"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Remove_OfRowsThatMovedMeanwhile_LeavesThem()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        var shard = LaneOf(Web, "v:a").Shard;
        var inFlight = await ReadRowsAsync(Web, "v:a");
        await MoveAsync("v:a", "u:1", "login");

        await Outbox.RemoveAsync(shard, [.. inFlight.Select(row => row.Position)]);
        Assert.Equal(["1", "2", "login"], await ReadAsync(Web, "u:1"));
    }

    [Fact]
    public async Task Bury_KeepsTheRowWithItsReason_Once()
    {
        await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("good", 11), Event("bad", 12), Event("good too", 13)]);
        var shard = LaneOf(Web, "v:a").Shard;
        var refused = new RefusedRow((await ReadRowsAsync(Web, "v:a"))[1].Position, "'properties.x' is too long");

        Assert.Equal(1, await Outbox.BuryAsync(shard, [refused]));
        Assert.Equal(0, await Outbox.BuryAsync(shard, [refused]));
        Assert.Equal(["good", "good too"], await ReadAsync(Web, "v:a"));
        await ReopenAsync();

        var letter = Assert.Single(await ReadDeadLettersAsync());
        Assert.Equal(new DeadLetter(Web, "v:a", 12, "bad", "'properties.x' is too long", Clock.GetUtcNow().ToUnixTimeMilliseconds()), letter);
    }

    [Fact]
    public async Task RemoveAndBury_OfPositionsThatAreNamedTwice_TakeEachOnce()
    {
        await AppendAsync(Web, "v:a", "1", "2", "3");
        var shard = LaneOf(Web, "v:a").Shard;
        var rows = await ReadRowsAsync(Web, "v:a");

        Assert.Equal(1, await Outbox.BuryAsync(shard, [new(rows[1].Position, "a field"), new(rows[1].Position, "another field")]));
        Assert.Equal("2", Assert.Single(await ReadDeadLettersAsync()).Payload);
        await Outbox.RemoveAsync(shard, [rows[2].Position, rows[0].Position, rows[2].Position]);
        Assert.Empty(await Outbox.ReadShardsAsync(Cancel));
    }

    [Fact]
    public async Task Bury_OfRowsThatAreGoneOrMovedOrElsewhere_BuriesNothing()
    {
        await AppendAsync(Web, "v:a", "moved");
        await AppendAsync(Web, "v:b", "elsewhere");
        var moved = (await ReadRowsAsync(Web, "v:a")).Single(row => TextOf(row) == "moved");
        var elsewhere = (await ReadRowsAsync(Web, "v:b")).Single(row => TextOf(row) == "elsewhere");
        await MoveAsync("v:a", "u:1", "login");

        Assert.Equal(0, await Outbox.BuryAsync(LaneOf(Web, "v:a").Shard, [new(moved.Position, "no"), new(long.MaxValue, "no")]));
        Assert.Equal(0, await Outbox.BuryAsync(LaneOf(App, "v:b").Shard, [new(elsewhere.Position, "no")]));
        Assert.Empty(await ReadDeadLettersAsync());
        Assert.Equal(["elsewhere", "login", "moved"], (await ReadAllAsync()).Select(TextOf).Order());
    }
}
