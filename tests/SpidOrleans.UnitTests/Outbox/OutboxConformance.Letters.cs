using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private GroupCommitOutbox Letters => _writer!;

    [Fact]
    public async Task Letters_AreReadInTheirOrder_ByProjectTimeAndReason_InPages()
    {
        await BuryAsync(Web, "v:a", "1", "2", "3");
        Clock.Advance(TimeSpan.FromMinutes(1));
        await BuryAsync(Web, "u:b", "4");
        await BuryAsync(App, "v:a", "5");
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();

        Assert.Equal(["1", "2", "3", "4"], await TextsAsync(All(Web)));
        Assert.Equal(["5"], await TextsAsync(All(App)));
        Assert.Equal(["4"], await TextsAsync(All(Web) with { FromMs = now }));
        Assert.Equal(["1", "2", "3"], await TextsAsync(All(Web) with { ToMs = now }));
        Assert.Equal(["2"], await TextsAsync(All(Web) with { Reason = "o: 2" }));
        Assert.Equal(["1", "2"], await TextsAsync(All(Web) with { RowsMax = 2 }));
        Assert.Equal(["1"], await TextsAsync(All(Web) with { BytesMax = 0 }));
        var all = await Letters.ReadLettersAsync(All(Web), Cancel);
        Assert.Equal(["3", "4"], await TextsAsync(All(Web) with { After = all[1].Id }));
        Assert.Equal(["1", "2"], await TextsAsync(All(Web) with { Until = all[1].Id }));
        Assert.Equal(all[3].Id, await Letters.ReadLastLetterAsync(Web, Cancel));
        Assert.Equal(0, await Letters.ReadLastLetterAsync("web-2", Cancel));
        Assert.Equal([(App, 1L), (Web, 4L)], (await Letters.CountLettersAsync(Cancel)).Select(entry => (entry.Key, entry.Value)).Order());
        Assert.Equal(all.Take(3).Select(letter => (Web, letter.Id)).Order(), (await Letters.ReadLettersBeforeAsync(now, 10, Cancel)).Order());
        Assert.Single(await Letters.ReadLettersBeforeAsync(now, 1, Cancel));
        Assert.Equal(("u:b", "u:b", "no: 4", now), (all[3].Identity, all[3].Target, all[3].Reason, all[3].RefusedAtMs));
    }

    [Fact]
    public async Task Replay_PutsTheEventAtTheEndOfItsLane_Once()
    {
        await BuryAsync(Web, "v:a", "bad", "worse");
        await AppendAsync(Web, "v:a", "before");
        var letters = await Letters.ReadLettersAsync(All(Web), Cancel);
        var repaired = letters.Select(letter => new ReplayedLetter(letter.Id, letter.Target, Event(letter.Reason, 77))).ToList();

        Assert.Equal([letters[0].Id], await Letters.ReplayAsync(Web, ShardsOfAProject, [repaired[0]]));
        Assert.Empty(await Letters.ReplayAsync(App, ShardsOfAProject, [repaired[1]]));
        Assert.Equal([letters[1].Id], await Letters.ReplayAsync(Web, ShardsOfAProject, repaired));
        Assert.Empty(await Letters.ReplayAsync(Web, ShardsOfAProject, repaired));
        await ReopenAsync();

        Assert.Equal(["before", "no: bad", "no: worse"], await ReadAsync(Web, "v:a"));
        Assert.Equal(new LaneSummary(3, 1_000), await Outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel));
        Assert.Empty(await ReadDeadLettersAsync());
        Assert.Contains(LaneOf(Web, "v:a").Shard, Bell.Rings.Select(ring => ring.Shard));
    }

    [Fact]
    public async Task Replay_OfAVisitorThatHasLoggedInSince_GoesToItsUsersLane()
    {
        await BuryAsync(Web, "v:a", "bad");
        var read = Assert.Single(await Letters.ReadLettersAsync(All(Web), Cancel));
        await MoveAsync("v:a", "u:1", "login");

        // Whoever read it before the move is not to append to a lane that is closed.
        Assert.Empty(await Letters.ReplayAsync(Web, ShardsOfAProject, [new(read.Id, read.Target, Event("again"))]));
        var moved = Assert.Single(await Letters.ReadLettersAsync(All(Web), Cancel));
        Assert.Equal(("v:a", "u:1"), (moved.Identity, moved.Target));
        Assert.Single(await Letters.ReplayAsync(Web, ShardsOfAProject, [new(moved.Id, moved.Target, Event("again"))]));
        Assert.Equal(["login", "again"], await ReadAsync(Web, "u:1"));
    }

    [Fact]
    public async Task Replay_OfAChangeOfAProfile_GoesWhereTheUsersEventsAre()
    {
        await BuryAsync(Web, "u:1", "event");
        var lane = Lane.Of(Web, "p:1", ShardsOfAProject);
        Assert.Equal(LaneOf(Web, "u:1").Shard, lane.Shard);
        Assert.True(await Outbox.AppendAsync(lane, [Event("profile")]));
        await Outbox.BuryAsync(lane.Shard, [new RefusedRow(Assert.Single(await ReadRowsAsync(Web, "u:1")).Position, "no")]);

        foreach (var letter in await Letters.ReadLettersAsync(All(Web), Cancel))
            await Letters.ReplayAsync(Web, ShardsOfAProject, [new(letter.Id, letter.Target, new OutboxEvent(letter.TimeMs, letter.Payload))]);
        Assert.Equal(["event", "profile"], await ReadAsync(Web, "u:1"));
        Assert.Equal(1, (await Outbox.ReadLaneAsync(lane, Cancel)).Pending);
    }

    [Fact]
    public async Task Discard_TakesTheNamedLettersOfTheProjectAlone()
    {
        await BuryAsync(Web, "v:a", "1", "2", "3");
        var ids = (await Letters.ReadLettersAsync(All(Web), Cancel)).Select(letter => letter.Id).ToList();

        Assert.Equal(0, await Letters.DiscardAsync(App, ids));
        Assert.Equal(2, await Letters.DiscardAsync(Web, [ids[0], ids[2]]));
        Assert.Equal(0, await Letters.DiscardAsync(Web, [ids[0], ids[2]]));
        Assert.Equal(["2"], await TextsAsync(All(Web)));
    }

    private static LetterRange All(string project) => new(project, 0, long.MaxValue, 0, long.MaxValue, "", 1_000, int.MaxValue);

    private async Task<IEnumerable<string>> TextsAsync(LetterRange range) =>
        (await Letters.ReadLettersAsync(range, Cancel)).Select(letter => System.Text.Encoding.UTF8.GetString(letter.Payload.Span));

    /// <summary>Each for the reason «no: text».</summary>
    private async Task BuryAsync(string project, string identity, params string[] texts)
    {
        await AppendAsync(project, identity, texts);
        var rows = (await ReadRowsAsync(project, identity)).Where(row => texts.Contains(TextOf(row)));
        await Outbox.BuryAsync(LaneOf(project, identity).Shard, [.. rows.Select(row => new RefusedRow(row.Position, "no: " + TextOf(row)))]);
    }
}
