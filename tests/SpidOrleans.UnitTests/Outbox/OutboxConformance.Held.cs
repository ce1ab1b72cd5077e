using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private protected static readonly Func<string, int> Shards = _ => ShardsOfAProject;

    [Fact]
    public async Task Hold_KeepsEventsWhereNoEmitterLooks_AndReleaseAppendsThemInOrder_BehindWhatWaits()
    {
        await AppendAsync(Web, Ann.Key, "0");
        foreach (var text in new[] { "1", "2", "3" }) await HoldAsync(Web, Ann.Key, text);
        await HoldAsync(Web, Ann.ProfileKey, "4");
        await HoldAsync(App, Ann.Key, "app");
        await HoldAsync(Web, "v:stranger", "stranger");
        Assert.Equal(["0"], (await ReadAllRowsAsync()).Select(row => row.Text));
        Assert.Equal(new LaneSummary(4, 1_000), await Outbox.ReadLaneAsync(LaneOf(Web, Ann.Key), Cancel));
        Assert.Equal(1_000, await Outbox.ReadLatestTimeAsync("v:stranger", Cancel));
        Assert.Equal(["0", "1", "2", "3"], await ReadPendingAsync(LaneOf(Web, Ann.Key)));
        await ReopenAsync();

        Assert.Equal(5, await Outbox.ReleaseAsync([Ann.Key, Ann.ProfileKey], Shards));
        Assert.Equal(0, await Outbox.ReleaseAsync([Ann.Key, Ann.ProfileKey], Shards));
        await AppendAsync(Web, Ann.Key, "5");
        Assert.Equal(["0", "1", "2", "3", "4", "5"], await ReadAsync(Web, Ann.Key));
        Assert.Equal(["app"], await ReadAsync(App, Ann.Key));
        Assert.Equal(1, (await Outbox.ReadLaneAsync(LaneOf(Web, "v:stranger"), Cancel)).Pending);
        Assert.Contains(LaneOf(App, Ann.Key).Shard, Bell.Rings.Select(ring => ring.Shard));
    }

    [Fact]
    public async Task Release_OfMoreThanATransactionTakes_TakesTheOldestFirst()
    {
        var texts = Enumerable.Range(0, ReleaseOperation.RowsMax + 5).Select(i => $"{i}").ToArray();
        Assert.True(await Outbox.HoldAsync(LaneOf(Web, Ann.Key), [.. texts.Select(text => Event(text))], StateOf(Ann.Key)));

        Assert.Equal(ReleaseOperation.RowsMax, await Outbox.ReleaseAsync([Ann.Key], Shards));
        Assert.Equal(5, await Outbox.ReleaseAsync([Ann.Key], Shards));
        Assert.Equal(texts, await ReadAsync(Web, Ann.Key));
    }

    [Fact]
    public async Task Release_OfLargeEvents_TakesFewAtATime_ButAlwaysOne()
    {
        var large = new string('x', ReleaseOperation.BytesMax / 2 + 1);
        Assert.True(await Outbox.HoldAsync(LaneOf(Web, Ann.Key), [Event("1" + large), Event("2" + large), Event("3" + large + large)], StateOf(Ann.Key)));

        for (var i = 0; i < 3; i++) Assert.Equal(1, await Outbox.ReleaseAsync([Ann.Key], Shards));
        Assert.Equal(["1", "2", "3"], (await ReadAsync(Web, Ann.Key)).Select(text => text[..1]));
    }

    [Fact]
    public async Task Hold_ByAStateThatIsNoMore_OrOfAClosedIdentity_IsRefused()
    {
        await StoreStateAsync(_first.Key);
        Assert.False(await Outbox.HoldAsync(LaneOf(Web, _first.Key), [Event("stale")], StateOf(_first.Key)));
        Assert.False(await Outbox.HoldAsync(LaneOf(Web, _first.Key), [Event("early")], StateOf(_first.Key, 2)));
        Assert.True(await Outbox.HoldAsync(LaneOf(Web, _first.Key), [Event("current")], StateOf(_first.Key, 1)));
        HoldOperation ours = Hold(_second.Key, 0), stale = Hold(_first.Key, 0), current = Hold(_first.Key, 1);
        await CommitAsync([ours, stale, current]);
        Assert.Equal((true, false, true), (ours.Result, stale.Result, current.Result));

        await Outbox.EraseAsync(ErasureOf(Ann));
        Assert.False(await Outbox.HoldAsync(LaneOf(Web, Ann.Key), [Event("erased")], StateOf(Ann.Key)));
        Assert.Equal(["current", "group"], await ReadPendingAsync(LaneOf(Web, _first.Key)));

        static HoldOperation Hold(string identity, int version) => new(LaneOf(Web, identity), [Event("group")], StateOf(identity, version));
    }

    [Theory]
    [InlineData(HeldWith.None)]
    [InlineData(HeldWith.Released)]
    [InlineData(HeldWith.Held)]
    public async Task Move_TakesWhatIsHeldAlong(HeldWith held)
    {
        await HoldAsync(Web, Ann.Key, "user");
        await AppendAsync(Web, _first.Key, "waits");
        await HoldAsync(Web, _first.Key, "held 1", "held 2");
        await HoldAsync(App, _first.Key, "app");
        LaneEvent also = new(Lane.Of(Web, Ann.ProfileKey, ShardsOfAProject), Event("profile"));

        for (var repeat = 0; repeat < 2; repeat++)
            Assert.Equal(4, await Outbox.MoveAsync(_first.Key, Ann.Key, Shards, Web, Event("login"), [also], held, StateOf(Ann.Key)));
        Assert.False(await Outbox.HoldAsync(LaneOf(Web, _first.Key), [Event("late")], StateOf(_first.Key)));
        Assert.Equal(
            held switch
            {
                HeldWith.None => ["waits", "login", "profile"],
                HeldWith.Released => ["waits", "held 1", "held 2", "login", "profile"],
                _ => (string[])["waits"],
            },
            await ReadAsync(Web, Ann.Key));
        Assert.Equal(held == HeldWith.Released ? ["app"] : [], await ReadAsync(App, Ann.Key));

        await Outbox.ReleaseAsync([Ann.Key, Ann.ProfileKey], Shards);
        string[] expected = held switch
        {
            HeldWith.None => ["waits", "login", "profile", "user", "held 1", "held 2"],
            HeldWith.Released => ["waits", "held 1", "held 2", "login", "profile", "user"],
            _ => ["waits", "user", "held 1", "held 2", "login", "profile"],
        };
        Assert.Equal(expected, await ReadAsync(Web, Ann.Key));
        Assert.Equal(["app"], await ReadAsync(App, Ann.Key));
    }

    [Fact]
    public async Task Move_ThatIsToHold_ByAStateThatIsNoMore_DoesNothing()
    {
        await HoldAsync(Web, _first.Key, "held");

        Assert.Equal(MoveOperation.IsStale, await Outbox.MoveAsync(_first.Key, Ann.Key, Shards, Web, Event("login"), null, HeldWith.Held, StateOf(Ann.Key, 3)));
        Assert.Equal(["held"], await ReadPendingAsync(LaneOf(Web, _first.Key)));
        Assert.Empty(await ReadPendingAsync(LaneOf(Web, Ann.Key)));
    }

    [Fact]
    public async Task Erase_TakesWhatIsHeld_AndOfAnOwnersWhatNamesTheVisitor()
    {
        await HoldAsync(Web, Ann.Key, "marker");
        await HoldAsync(App, Ann.ProfileKey, "marker");
        await HoldAsync(Web, _first.Key, "marker");
        await HoldAsync(Web, "u:bob", $"marker \"{_second}\"", "stays");

        Assert.Equal(new Erased(IsComplete: true, Events: 3), await Outbox.EraseAsync(ErasureOf(Ann, _first)));
        Assert.Equal(new Erased(IsComplete: true, Events: 1), await Outbox.EraseAsync(ErasureOf(null, _second) with { Owner = IdOf("bob") }));
        Assert.DoesNotContain("marker", await DumpAsync(), StringComparison.Ordinal);
        Assert.Equal(["stays"], await ReadPendingAsync(LaneOf(Web, "u:bob")));
        var pendingOnly = ErasureOf(IdOf("bob")) with { IsOfPendingOnly = true };
        Assert.Equal(1, (await Outbox.EraseAsync(pendingOnly)).Events);
    }

    [Fact]
    public async Task LetGo_TakesWhatHasBeenHeldForTooLong_SomeAtATime()
    {
        await HoldAsync(Web, Ann.Key, "1", "2", "3");
        Clock.Advance(TimeSpan.FromHours(1));
        await HoldAsync(Web, Ann.Key, "4");
        var before = Clock.GetUtcNow().ToUnixTimeMilliseconds();

        Assert.Equal(2, await _writer!.LetGoAsync(before, 2));
        Assert.Equal(1, await _writer.LetGoAsync(before, 2));
        Assert.Equal(0, await _writer.LetGoAsync(before, 2));
        Assert.Equal(["4"], await ReadPendingAsync(LaneOf(Web, Ann.Key)));
    }

    [Fact]
    public async Task Pending_IsReadPageByPage_WhatIsHeldLast()
    {
        await AppendAsync(Web, Ann.Key, "1", "2", "3");
        await HoldAsync(Web, Ann.Key, "4", "5");
        await HoldAsync(App, Ann.Key, "other");
        var (pages, after) = (new List<string>(), 0L);
        while (await Outbox.ReadPendingAsync(LaneOf(Web, Ann.Key), after, 2, int.MaxValue, Cancel) is { Count: > 0 } page)
        {
            pages.Add(string.Join(",", page.Select(TextOf)));
            after = page[^1].Position;
        }

        Assert.Equal(["1,2", "3", "4,5"], pages);
        Assert.Single(await Outbox.ReadPendingAsync(LaneOf(Web, Ann.Key), after - 2, 2, 1, Cancel));
    }

    private async Task HoldAsync(string project, string identity, params string[] texts) => Assert.True(await Outbox.HoldAsync(
        Lane.Of(project, identity, ShardsOfAProject), [.. texts.Select(text => Event(text))], StateOf(identity)).WaitAsync(Patience));

    private async Task<string[]> ReadPendingAsync(Lane lane)
    {
        var (all, after) = (new List<string>(), 0L);
        while (await Outbox.ReadPendingAsync(lane, after, 100, int.MaxValue, Cancel) is { Count: > 0 } page)
        {
            all.AddRange(page.Select(TextOf));
            after = page[^1].Position;
        }

        return [.. all];
    }

    private static UserId IdOf(string user) => UserId.TryParse(user, out var id) ? id : throw new ArgumentException(user);

    private protected static StateVersion StateOf(string identity, int version = 0) => new(identity[0] == 'v' ? "visitor" : "user", identity, version);
}
