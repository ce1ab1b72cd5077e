using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    /// <summary>What Mixpanel's profile is to be told has an identity of its own, and waits in the shard of its user all the same.</summary>
    [Fact]
    public async Task ALaneInTheShardOfAnother_HasItsPlaceAmongItsRows_AndItsOwnNumber()
    {
        var user = UserId.TryParse("4711", out var id) ? id : throw new InvalidOperationException();
        var lane = LaneOf(Web, user.Key);
        var told = lane with { Identity = user.ProfileKey };
        // Else the test would show nothing.
        Assert.NotEqual(LaneOf(Web, user.ProfileKey).Shard, lane.Shard);

        await AppendAsync(Web, "v:a", "before");
        await MoveAsync("v:a", user.Key, "login");
        await Outbox.AppendAsync(told, [Event("profile 1"), Event("profile 2")]);
        await AppendAsync(Web, user.Key, "after");
        await Outbox.AppendAsync(told, [Event("profile 3", 7_777)]);

        Assert.Equal(["before", "login", "profile 1", "profile 2", "after", "profile 3"], await ReadAsync(Web, user.Key));
        Assert.Equal(3, (await Outbox.ReadLaneAsync(lane, Cancel)).Pending);
        Assert.Equal(new LaneSummary(3, 7_777), await Outbox.ReadLaneAsync(told, Cancel));
        var rows = await ReadRowsAsync(Web, user.Key);
        Assert.Equal(1, await Outbox.BuryAsync(lane.Shard, [new RefusedRow(rows[3].Position, "why")]));
        await Outbox.RemoveAsync(lane.Shard, [rows[2].Position]);
        Assert.Equal(["before", "login", "after", "profile 3"], await ReadAsync(Web, user.Key));
        Assert.Equal((user.ProfileKey, "profile 2"), (await ReadDeadLettersAsync()).Select(letter => (letter.Identity, letter.Payload)).Single());
    }

    /// <summary>What waited with a visitor must be told once, however often the move is repeated.</summary>
    [Fact]
    public async Task WhatComesAlongWithAMove_FollowsIt_Once()
    {
        const string user = "u:4711", told = "p:4711";
        var lane = LaneOf(Web, user) with { Identity = told };
        LaneEvent[] also = [new(lane, Event("held 1")), new(lane, Event("held 2")), new(LaneOf(App, user) with { Identity = told }, Event("held elsewhere"))];
        await AppendAsync(Web, "v:a", "before");

        for (var repeat = 0; repeat < 2; repeat++)
            Assert.Equal(1, await Outbox.MoveAsync("v:a", user, _ => ShardsOfAProject, Web, Event("login"), also).WaitAsync(Patience));

        Assert.Equal(["before", "login", "held 1", "held 2"], await ReadAsync(Web, user));
        Assert.Equal(["held elsewhere"], await ReadAsync(App, user));
        Assert.Equal(2, (await Outbox.ReadLaneAsync(lane, Cancel)).Pending);
        Assert.Equal(2, (await Outbox.ReadLaneAsync(LaneOf(Web, user), Cancel)).Pending);
    }
}
