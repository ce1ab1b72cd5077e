using System.Collections.Immutable;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private readonly VisitorId _first = VisitorId.New();
    private readonly VisitorId _second = VisitorId.New();

    private static UserId Ann => UserId.TryParse("ann-4711", out var id) ? id : default;

    [Fact]
    public async Task Erase_OfAUser_LeavesNothingOfIt_AndTheOthersAsTheyWere()
    {
        // In the same segments: the person's and strangers' events, delivered and waiting, in two projects.
        var long1 = "1" + new string(' ', 5_000);
        foreach (var project in new[] { Web, App })
        {
            await CommitAsync([
                Append(project, _first.Key, "marker 1"), Append(project, "v:stranger", long1), Append(project, Ann.Key, "marker 2"), Append(project, "u:bob", "1"),
                Append(project, Ann.ProfileKey, "marker 3"), Append(project, _second.Key, "marker 4"), Append(project, "v:stranger", "2"), Append(project, "u:bob", "2")]);
            await BuryAsync(project, Ann.Key, "marker 5");
            await BuryAsync(project, _second.Key, "marker 6");
        }

        await StoreStateAsync(_first.Key);
        await StoreStateAsync(_second.Key);
        foreach (var visitor in new[] { _first, _second }) await MoveAsync(visitor.Key, Ann.Key, "marker login");
        foreach (var row in (await ReadAllRowsAsync()).Where(row => row.Text is "marker 3" or "marker login")) await Outbox.RemoveAsync(row.Shard, [row.Position]);
        Assert.Equal(new[] { _first.Key, _second.Key }.Order(), (await Outbox.ReadVisitorsAsync(Ann, Cancel)).Order());
        Assert.False(await Outbox.IsErasedAsync(Ann, Cancel));
        Assert.Contains("marker 2", await DumpAsync(), StringComparison.Ordinal);

        var erased = await Outbox.EraseAsync(ErasureOf(Ann, _first, _second));
        Assert.Equal(new Erased(IsComplete: true, Events: 6, Letters: 4), erased);
        await ReopenAsync();

        Assert.Equal(["1", "1", "1", "1", "2", "2", "2", "2"], (await ReadAllRowsAsync()).Select(row => row.Text.TrimEnd()).Order());
        Assert.Empty(await ReadDeadLettersAsync());
        Assert.True(await Outbox.IsErasedAsync(Ann, Cancel));
        Assert.Empty(await Outbox.ReadVisitorsAsync(Ann, Cancel));
        var dump = await DumpAsync();
        Assert.DoesNotContain("marker", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("ann-4711", dump, StringComparison.Ordinal);
        Assert.Contains("stone", dump, StringComparison.Ordinal);
        Assert.Equal(new Erased(IsComplete: true), await Outbox.EraseAsync(ErasureOf(Ann)));
        Assert.Equal(new LaneSummary(2, 1_000), await Outbox.ReadLaneAsync(LaneOf(Web, "u:bob"), Cancel));
    }

    [Fact]
    public async Task AfterAnErasure_NothingIsAppendedOrMovedToTheErased()
    {
        await Outbox.EraseAsync(ErasureOf(Ann, _first));
        await StoreStateAsync(_second.Key);
        await AppendAsync(Web, _second.Key, "stays");

        foreach (var identity in new[] { Ann.Key, Ann.ProfileKey, _first.Key })
            Assert.False(await Outbox.AppendAsync(Lane.Of(Web, identity, ShardsOfAProject), [Event("late")]));
        Assert.False(await Outbox.AppendAsync(LaneOf(Web, _first.Key), [Event("late")], ifStateless: true));
        Assert.Equal(MoveOperation.IsErased, await MoveAsync(_second.Key, Ann.Key, "login"));
        Assert.Equal(MoveOperation.IsErased, await MoveAsync(_first.Key, "u:bob", "login"));
        Assert.Equal(["stays"], (await ReadAllRowsAsync()).Select(row => row.Text));
        Assert.True(await Outbox.AppendAsync(LaneOf(Web, _second.Key), [Event("more")]));
    }

    [Fact]
    public async Task Erase_OfAUserWhoseVisitorsAreNotAllNamed_DoesNothing()
    {
        await StoreStateAsync(_first.Key);
        await MoveAsync(_first.Key, Ann.Key, "login");

        Assert.False((await Outbox.EraseAsync(ErasureOf(Ann, _second))).IsComplete);
        Assert.Equal(["login"], await ReadAsync(Web, Ann.Key));
        Assert.False(await Outbox.IsErasedAsync(Ann, Cancel));
    }

    [Fact]
    public async Task Erase_OfAVisitorAmongItsUsersEvents_TakesThoseThatNameIt()
    {
        await CommitAsync([
            Append(Web, Ann.Key, $$$"""{"$device_id":"{{{_first}}}"}"""), Append(Web, Ann.Key, $$$"""{"$device_id":"{{{_second}}}"}"""), Append(Web, Ann.Key, "no device")]);
        await BuryAsync(Web, Ann.Key, $$$"""{"$device_id":"{{{_first}}}","bad":1}""", "also bad");

        var erased = await Outbox.EraseAsync(ErasureOf(null, _first) with { Owner = Ann });
        Assert.Equal(new Erased(IsComplete: true, Events: 1, Letters: 1), erased);
        Assert.Equal([$$$"""{"$device_id":"{{{_second}}}"}""", "no device"], await ReadAsync(Web, Ann.Key));
        Assert.True(await Outbox.AppendAsync(LaneOf(Web, Ann.Key), [Event("more")]));
        Assert.Equal("also bad", Assert.Single(await ReadDeadLettersAsync()).Payload);
    }

    [Fact]
    public async Task Erase_InAGroup_TakesWhatWasQueuedBefore_AndRefusesWhatCameAfter()
    {
        AppendOperation before = Append(Web, _first.Key, "before"), after = Append(Web, _first.Key, "after");
        var erase = new EraseOperation(ErasureOf(null, _first));
        await CommitAsync([before, Append(Web, "v:stranger", "1"), erase, after, Append(Web, "v:stranger", "2")]);

        Assert.Equal((true, new Erased(IsComplete: true, Events: 1), false), (before.Result, erase.Result, after.Result));
        Assert.Equal(["1", "2"], (await ReadAllRowsAsync()).Select(row => row.Text));
    }

    [Fact]
    public async Task Deletions_AreKeptWithTheErasure_UntilTheyAreDone()
    {
        await Outbox.EraseAsync(ErasureOf(Ann, _first) with { Deletions = [new(Web, """["ann-4711"]"""), new(App, """["ann-4711"]""")] });
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();

        Assert.Equal([App, Web], (await Engine.ReadDeletionProjectsAsync(now, Cancel)).Order());
        var deletion = Assert.Single(await Engine.ReadDeletionsAsync(Web, now, 10, Cancel));
        Assert.Equal(("""["ann-4711"]""", null, 0), (deletion.Ids, deletion.Task, deletion.Attempts));
        var asked = deletion with { Task = "t-1", Attempts = 3, DueAtMs = now + 5 };
        await _writer!.KeepAsync(asked);
        await ReopenAsync();
        Assert.Empty(await Engine.ReadDeletionsAsync(Web, now + 4, 10, Cancel));
        Assert.Equal([asked], await Engine.ReadDeletionsAsync(Web, now + 5, 10, Cancel));
        await _writer!.ForgetAsync(asked);
        Assert.Equal([App], await Engine.ReadDeletionProjectsAsync(now + 5, Cancel));
    }

    private static Erasure ErasureOf(UserId? user, params VisitorId[] visitors) =>
        new() { User = user, Visitors = [.. visitors], Tombstone = "stone"u8.ToArray() };

    private static AppendOperation Append(string project, string identity, string text) =>
        new(Lane.Of(project, identity, ShardsOfAProject), [Event(text)]);

    private Task CommitAsync(ImmutableArray<OutboxOperation> group) => Engine.CommitAsync(group, Cancel);

    private async Task<List<(Shard Shard, long Position, string Text)>> ReadAllRowsAsync()
    {
        var all = new List<(Shard, long, string)>();
        foreach (var shard in await Outbox.ReadShardsAsync(Cancel))
            all.AddRange((await Outbox.ReadOldestAsync(shard, 2_000, int.MaxValue, Cancel)).Select(row => (shard, row.Position, TextOf(row))));
        return all;
    }
}
