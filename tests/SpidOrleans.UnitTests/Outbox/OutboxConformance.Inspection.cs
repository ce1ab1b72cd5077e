using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private IOutboxInspection Inspection => (IOutboxInspection)Engine;

    [Fact]
    public async Task Inspection_OfNothing_IsEmpty()
    {
        Assert.Empty(await Inspection.InspectAsync(isCounted: true, Cancel));
        Assert.Empty(await Inspection.ReadFrontAsync(new Shard(Web, 1), 10, Cancel));
    }

    [Fact]
    public async Task Inspection_CountsEachShard_AndKnowsTheTimeOfItsOldest()
    {
        var (shard, other) = (new Shard(Web, 1), new Shard(App, 2));
        await Outbox.AppendAsync(new Lane(shard, "v:a"), [Event("1", 500), Event("2", 100)]);
        await Outbox.AppendAsync(new Lane(shard, "v:b"), [Event("3", 900)]);
        await Outbox.AppendAsync(new Lane(other, "v:a"), [Event("4", 700)]);
        var rows = await Outbox.ReadOldestAsync(shard, 10, int.MaxValue, Cancel);
        await Outbox.RemoveAsync(shard, [rows[0].Position, rows[1].Position]);

        var counted = await Inspection.InspectAsync(isCounted: true, Cancel);
        Assert.Equal(
            [new ShardWaiting(App, 2, 1, IsMore: false, 700), new ShardWaiting(Web, 1, 1, IsMore: false, 900)],
            counted.OrderBy(one => one.Project, StringComparer.Ordinal));
        Assert.Equal([700L, 900L], (await Inspection.InspectAsync(isCounted: false, Cancel)).Select(one => one.OldestMs).Order());
    }

    [Fact]
    public async Task Front_TellsWhoseRowsWaitFirst_InOrder_WithoutTheirMarks()
    {
        var shard = new Shard(Web, 1);
        await Outbox.AppendAsync(new Lane(shard, "v:a"), [Event("{\"event\":1}"), Event("{\"event\":2}\n")]);
        await Outbox.AppendAsync(new Lane(shard, "u:b"), [Event(" {\"event\":3}")]);

        var front = await Inspection.ReadFrontAsync(shard, 10, Cancel);
        Assert.Equal(["v:a", "v:a", "u:b"], front.Select(item => item.Identity));
        Assert.Equal(["{\"event\":1}", "{\"event\":2}", "{\"event\":3}"], front.Select(item => System.Text.Encoding.UTF8.GetString(item.Payload.Span)));
        Assert.Equal(front.Select(item => item.Position), front.Select(item => item.Position).Order());
        Assert.Equal(2, (await Inspection.ReadFrontAsync(shard, 2, Cancel)).Count);
    }
}
