using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    private IOutboxInspection Inspection => (IOutboxInspection)Engine;

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
        Assert.Empty(await Inspection.ReadFrontAsync(new Shard(Web, 2), 10, Cancel));
        Assert.Equal(2, (await Inspection.ReadFrontAsync(shard, 2, Cancel)).Count);
    }
}
