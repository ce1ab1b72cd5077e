using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task Group_ThatFailsInTheMiddle_FailsEveryCallerAndStoresNothing_AndTheNextOneWorks()
    {
        await AppendAsync(Web, "v:old", "old");
        await AppendAsync(Web, "v:moving", "stays");
        var old = (await ReadRowsAsync(Web, "v:old")).Single(row => TextOf(row) == "old");
        Bell.Rings.Clear();
        await HoldWriterAsync();

        List<Task> callers =
        [
            Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("a")]),
            Outbox.RemoveAsync(LaneOf(Web, "v:old").Shard, [old.Position]),
            Outbox.MoveAsync("v:moving", "u:1", _ => throw new InvalidOperationException("in the middle"), Web, Event("login")),
            Outbox.AppendAsync(LaneOf(Web, "v:b"), [Event("b")]),
        ];
        Gate.Open();

        foreach (var caller in callers) await Assert.ThrowsAsync<OutboxUnavailableException>(() => caller.WaitAsync(Patience));
        Assert.Equal(4, Gate.GroupSizes[^1]);
        Assert.Equal(["first", "old", "stays"], (await ReadAllAsync()).Select(TextOf).Order());
        Assert.Equal([LaneOf(Web, "v:first").Shard], Bell.Rings.Select(ring => ring.Shard));

        await AppendAsync(Web, "v:a", "a");
        await AppendAsync(Web, "v:moving", "goes on");
        Assert.Equal(2, await MoveAsync("v:moving", "u:1", "login"));
    }

    [Fact]
    public async Task Stop_CommitsWhatIsQueued_AndRefusesWhatComesAfter()
    {
        await HoldWriterAsync();
        var queued = Enumerable.Range(0, 50).Select(i => Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event($"{i}")])).ToList();
        var stopping = StopAsync();
        var late = await Assert.ThrowsAsync<OutboxUnavailableException>(() => Outbox.AppendAsync(LaneOf(Web, "v:a"), [Event("late")]));
        Assert.Contains("queue", late.Message, StringComparison.Ordinal);
        Gate.Open();

        Assert.All(await Task.WhenAll(queued).WaitAsync(Patience), Assert.True);
        await stopping.WaitAsync(Patience);
        await StartAsync();
        Assert.Equal(50, (await Outbox.ReadLaneAsync(LaneOf(Web, "v:a"), Cancel)).Pending);
    }

    [Fact]
    public async Task Commit_ThatIsCalledOffBeforeItBegins_StoresNothing()
    {
        using var calledOff = new CancellationTokenSource();
        await calledOff.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Engine.CommitAsync([new AppendOperation(LaneOf(Web, "v:a"), [Event("1")])], calledOff.Token).WaitAsync(Patience));
        await AppendAsync(Web, "v:a", "2");
        Assert.Equal(["2"], await ReadAsync(Web, "v:a"));
    }

    /// <summary>The writer waits with a lone append of <c>v:first</c>: all that is queued now becomes the next group.</summary>
    private async Task HoldWriterAsync()
    {
        Gate.Close();
        _ = Outbox.AppendAsync(LaneOf(Web, "v:first"), [Event("first")]);
        await Gate.HoldAsync(Patience);
    }
}
