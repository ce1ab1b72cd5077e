using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task Append_ByManyLanesAtOnce_KeepsEachLanesOrder()
    {
        const int lanes = 32, appends = 20;
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(async lane =>
        {
            for (var i = 0; i < appends; i++) await AppendAsync(Web, $"v:{lane}", $"{lane}#{2 * i}", $"{lane}#{2 * i + 1}");
        }));

        var rows = (await ReadAllAsync()).OrderBy(row => row.Position).Select(row => TextOf(row).Split('#')).ToList();
        Assert.Equal(lanes * appends * 2, rows.Count);
        foreach (var lane in rows.GroupBy(parts => parts[0], parts => int.Parse(parts[1])))
            Assert.Equal(Enumerable.Range(0, 2 * appends), lane);
    }

    [Fact]
    public async Task Append_OnlyIfStateless_IsRefusedOnceAStateIsStored()
    {
        var lane = LaneOf(Web, "v:a");
        Assert.True(await Outbox.AppendAsync(lane, [Event("1")], ifStateless: true).WaitAsync(Patience));
        await StoreStateAsync("v:a");
        await StoreStateAsync("v:of-another-service", service: Service + "2");

        Assert.False(await Outbox.AppendAsync(lane, [Event("2")], ifStateless: true).WaitAsync(Patience));
        Assert.True(await Outbox.AppendAsync(lane, [Event("3")]).WaitAsync(Patience));
        Assert.True(await Outbox.AppendAsync(LaneOf(Web, "v:b"), [Event("4")], ifStateless: true).WaitAsync(Patience));
        Assert.True(await Outbox.AppendAsync(LaneOf(Web, "v:of-another-service"), [Event("5")], ifStateless: true).WaitAsync(Patience));
        Assert.Equal(["1", "3", "4", "5"], (await ReadAllAsync()).OrderBy(row => row.Position).Select(TextOf));
    }

    [Fact]
    public async Task Append_OnlyIfStateless_IsRefusedOnceTheIdentityIsClosed()
    {
        // As grains do: what closes an identity was decided, and stored, before.
        await StoreStateAsync("v:a");
        await MoveAsync("v:a", "u:1", "Login");
        Assert.False(await Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("1")], ifStateless: true).WaitAsync(Patience));
    }

    [Fact]
    public async Task Append_OnlyIfStateless_RefusesTheOneAndStoresTheOthersOfItsGroup()
    {
        await StoreStateAsync("v:a");
        Gate.Close();
        var first = Outbox.AppendAsync(LaneOf(Web, "v:first"), [Event("0")]);
        await Gate.HoldAsync(Patience);
        var appends = new[] { "v:a", "v:b", "v:c" }.Select(identity => Outbox.AppendAsync(LaneOf(Web, identity), [Event(identity)], ifStateless: true)).ToList();
        Gate.Open();
        await first.WaitAsync(Patience);

        var stored = await Task.WhenAll(appends).WaitAsync(Patience);
        Assert.Equal([false, true, true], stored);
        Assert.Equal(["0", "v:b", "v:c"], (await ReadAllAsync()).OrderBy(row => row.Position).Select(TextOf));
    }

    [Fact]
    public async Task Append_ThatCompleted_IsThereAfterReopening()
    {
        await AppendAsync(Web, "v:a", "1", "2");
        await ReopenAsync();
        Assert.Equal(["1", "2"], await ReadAsync(Web, "v:a"));
    }

    [Fact]
    public async Task Append_StoresThePayloadByteForByte()
    {
        var bytes = Enumerable.Range(0, 700).Select(i => (byte)i).ToArray();
        await Outbox.AppendAsync(LaneOf(Web, "v:a"), [new OutboxEvent(5, bytes.AsMemory(3, 600)), new OutboxEvent(6, default)]);

        var rows = await ReadRowsAsync(Web, "v:a");
        Assert.Equal(bytes[3..603], rows[0].Payload.ToArray());
        Assert.Equal(0, rows[1].Payload.Length);
    }

    [Fact]
    public async Task Append_OfAGiantEvent_IsStoredWhole()
    {
        var text = new string('x', 3_000_000);
        await AppendAsync(Web, "v:a", "before", text, "after");
        var read = new List<string>();
        // A reading may end before a large one, and go on with the next.
        while (await ReadRowsAsync(Web, "v:a") is { Count: > 0 } rows)
        {
            read.AddRange(rows.Select(TextOf));
            await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [.. rows.Select(row => row.Position)]).WaitAsync(Patience);
        }

        Assert.Equal(["before", text, "after"], read);
    }

    [Fact]
    public async Task Positions_AfterEveryRowIsGoneAndTheDatabaseReopened_AreNotUsedAgain()
    {
        await AppendAsync(Web, "v:a", "1", "2", "3");
        var used = (await ReadRowsAsync(Web, "v:a")).Select(row => row.Position).ToList();
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, used);
        await ReopenAsync();

        await AppendAsync(Web, "v:a", "4");
        Assert.True(Assert.Single(await ReadRowsAsync(Web, "v:a")).Position > used.Max());
    }

    [Fact]
    public async Task Append_RingsItsShardOnceItIsVisible()
    {
        Gate.Close();
        var append = Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("1"), Event("2")]);
        await Gate.HoldAsync(Patience);
        Assert.Empty(Bell.Rings);
        Assert.Empty(await ReadAsync(Web, "v:a"));
        Assert.False(append.IsCompleted);

        Gate.Open();
        Assert.True(await append.WaitAsync(Patience));
        Assert.Equal(["1", "2"], await ReadAsync(Web, "v:a"));
        // A caller may run before its shard is rung; the next commit comes after both.
        await AppendAsync(App, "v:b", "3");
        Assert.Equal((LaneOf(Web, "v:a").Shard, 2), Bell.Rings.First());
    }
}
