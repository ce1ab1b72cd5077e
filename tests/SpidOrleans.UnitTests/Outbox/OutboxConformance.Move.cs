using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task Move_PutsTheRowsInOrderAtTheEndOfTheUsersLane_AndTheLoginAfterThem()
    {
        await AppendAsync(Web, "v:a", "v1", "v2");
        await AppendAsync(Web, "u:1", "u1");
        await AppendAsync(Web, "v:a", "v3");
        var before = (await ReadAllAsync()).Max(row => row.Position);

        Assert.Equal(3, await MoveAsync("v:a", "u:1", "login"));
        var rows = await ReadRowsAsync(Web, "u:1");
        Assert.Equal(["u1", "v1", "v2", "v3", "login"], rows.Select(TextOf));
        Assert.All(rows.Skip(1), row => Assert.True(row.Position > before));
        Assert.Equal(new LaneSummary(0, null), await Outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel));
        Assert.Equal(5, (await Outbox.ReadLaneAsync(LaneOf(Web, "u:1"), Cancel)).Pending);
    }

    [Fact]
    public async Task Move_TakesTheRowsOfEveryProject_EachIntoItsOwn()
    {
        await AppendAsync(Web, "v:a", "w1", "w2");
        await AppendAsync(App, "v:a", "a1");
        await AppendAsync("web-2", "v:a", "x1");

        Assert.Equal(4, await MoveAsync("v:a", "u:1", "login", App));
        Assert.Equal(["w1", "w2"], await ReadAsync(Web, "u:1"));
        Assert.Equal(["a1", "login"], await ReadAsync(App, "u:1"));
        Assert.Equal(["x1"], await ReadAsync("web-2", "u:1"));
    }

    [Fact]
    public async Task Move_KeepsPayloadAndTime()
    {
        await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("{\"time\":77}", 77)]);
        await Outbox.MoveAsync("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login", 66));
        Assert.Equal(new LaneSummary(2, 77), await Outbox.ReadLaneAsync(LaneOf(Web, "u:1"), Cancel));
        Assert.Equal(["{\"time\":77}", "login"], await ReadAsync(Web, "u:1"));
    }

    [Fact]
    public async Task Move_PlacesEachProjectByItsOwnNumberOfShards()
    {
        await AppendAsync(Web, "v:a", "w1");
        await AppendAsync(App, "v:a", "a1");
        await Outbox.MoveAsync("v:a", "u:1", project => project == Web ? 1 : 1_000, Web, Event("login"));

        Assert.Equal(
            new HashSet<Shard> { new(Web, 0), Shard.Of(App, "u:1", 1_000) }, (await Outbox.ReadShardsAsync(Cancel)).ToHashSet());
    }

    [Fact]
    public async Task Move_Repeated_ChangesNothingAndAnswersTheFirstNumber()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        Assert.Equal(2, await MoveAsync("v:a", "u:1", "login"));
        var after = (await ReadRowsAsync(Web, "u:1")).Select(row => row.Position);
        Assert.Equal(2, await MoveAsync("v:a", "u:1", "login"));
        Assert.Equal(after, (await ReadRowsAsync(Web, "u:1")).Select(row => row.Position));

        await Outbox.RemoveAsync(LaneOf(Web, "u:1").Shard, [.. after]);
        await ReopenAsync();
        Assert.Equal(2, await MoveAsync("v:a", "u:1", "login"));
        Assert.Empty(await ReadAllAsync());
    }

    [Fact]
    public async Task Move_OfAnEmptyLane_ClosesItAndStoresTheLogin()
    {
        Assert.Equal(0, await MoveAsync("v:a", "u:1", "login"));
        Assert.Equal(["login"], await ReadAsync(Web, "u:1"));
        Assert.False(await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("late")]));
    }

    [Fact]
    public async Task Append_ToAClosedIdentity_IsRefusedInEveryProjectAndStoresNothing()
    {
        await MoveAsync("v:a", "u:1", "login");
        await ReopenAsync();

        Assert.False(await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("late"), Event("later")]));
        Assert.False(await Outbox.AppendAsync(LaneOf(App, "v:a"), [Event("late")]));
        Assert.Equal(["login"], (await ReadAllAsync()).Select(TextOf));
        await AppendAsync(Web, "u:1", "the user goes on");
    }

    [Fact]
    public async Task Move_BeforeAnAppendInOneGroup_RefusesTheAppend()
    {
        var move = new MoveOperation("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login"));
        var append = new AppendOperation(LaneOf(Web, "v:a"), [Event("late")]);
        await Engine.CommitAsync([move, append], Cancel);

        Assert.False(append.Result);
        Assert.Equal(["login"], (await ReadAllAsync()).Select(TextOf));
    }

    [Fact]
    public async Task Move_AfterAnAppendInOneGroup_TakesItsRowsAlong()
    {
        var append = new AppendOperation(LaneOf(Web, "v:a"), [Event("in time")]);
        var move = new MoveOperation("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login"));
        await Engine.CommitAsync([append, move], Cancel);

        Assert.True(append.Result);
        Assert.Equal(1, move.Result);
        Assert.Equal([LaneOf(Web, "u:1").Shard], move.Touched);
        Assert.Equal(["in time", "login"], await ReadAsync(Web, "u:1"));
    }

    [Fact]
    public async Task Move_RingsTheShardsThatGotRows_ARepeatNone()
    {
        await AppendAsync(App, "v:a", "1");
        Bell.Rings.Clear();
        await MoveAsync("v:a", "u:1", "login");
        await MoveAsync("v:a", "u:1", "login");
        await ReopenAsync(); // whatever was to be rung has been
        Assert.Equal(new HashSet<Shard> { LaneOf(App, "u:1").Shard, LaneOf(Web, "u:1").Shard }, Bell.Rings.Select(ring => ring.Shard).ToHashSet());
        Assert.Equal(2, Bell.Rings.Count);
    }

    [Fact]
    public async Task Append_WhileTheVisitorMoves_IsEitherMovedInOrderOrRefused()
    {
        for (var round = 0; round < 20; round++)
        {
            var (visitor, user) = ($"v:{round}", $"u:{round}");
            var appending = Task.Run(async () =>
            {
                var stored = new List<string>();
                for (var i = 0; i < 40; i++)
                {
                    if (!await Outbox.AppendAsync(LaneOf(Web, visitor), [Event($"{round}#{i}")])) break;
                    stored.Add($"{round}#{i}");
                }

                return stored;
            });
            await AppendAsync(Web, user, $"{round}#first");
            var moved = await MoveAsync(visitor, user, $"{round}#login");

            var stored = await appending.WaitAsync(Patience);
            Assert.Equal(stored.Count, moved + (await Outbox.ReadLaneAsync(LaneOf(Web, visitor), Cancel)).Pending);
            Assert.Equal(
                [$"{round}#first", .. stored, $"{round}#login"],
                (await ReadAsync(Web, user)).Where(text => text.StartsWith($"{round}#", StringComparison.Ordinal)));
        }
    }
}
