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
        Assert.Equal(["before", text, "after"], await ReadAsync(Web, "v:a"));
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
