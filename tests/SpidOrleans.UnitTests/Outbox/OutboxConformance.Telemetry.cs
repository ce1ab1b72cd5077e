using System.Diagnostics;
using SpidOrleans.Cluster.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Outbox;

public abstract partial class OutboxConformance
{
    [Fact]
    public async Task Backlog_IsAsOldAsTheLookBeforeItsFirstEvent_WhoeverLooks_AndNothingOnceAllIsDelivered()
    {
        var silo = Backlog();
        Assert.Empty(await silo.LookAsync(Cancel));
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await silo.LookAsync(Cancel));
        Clock.Advance(TimeSpan.FromSeconds(2));
        await AppendAsync(Web, "v:a", "1", "2");
        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([new ShardBacklog(LaneOf(Web, "v:a").Shard, 2, TimeSpan.FromSeconds(3))], await silo.LookAsync(Cancel));

        // Another event, elsewhere and later; and another silo, which knows nothing but what is stored.
        Clock.Advance(TimeSpan.FromMinutes(1));
        await silo.LookAsync(Cancel);
        await AppendAsync(App, "v:a", "3");
        Clock.Advance(TimeSpan.FromSeconds(1));
        var seen = (await Backlog().LookAsync(Cancel)).ToDictionary(shard => shard.Shard.Project);
        Assert.Equal((2, TimeSpan.FromSeconds(64)), (seen[Web].Pending, seen[Web].Oldest));
        Assert.Equal((1, TimeSpan.FromSeconds(1)), (seen[App].Pending, seen[App].Oldest));

        var rows = await ReadRowsAsync(Web, "v:a");
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [rows[0].Position]).WaitAsync(Patience);
        Assert.Equal(1, (await silo.LookAsync(Cancel)).Single(shard => shard.Shard.Project == Web).Pending);
        foreach (var row in await ReadRowsAsync(App, "v:a")) await Outbox.RemoveAsync(LaneOf(App, "v:a").Shard, [row.Position]).WaitAsync(Patience);
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [rows[1].Position]).WaitAsync(Patience);
        Assert.Empty(await silo.LookAsync(Cancel));
    }

    [Fact]
    public async Task Backlog_KeepsMarksBackToItsOldestEvent_AndNoMore()
    {
        var silo = Backlog();
        for (var look = 0; look < 5; look++)
        {
            await AppendAsync(Web, "v:a", $"{look}");
            Clock.Advance(TimeSpan.FromSeconds(3));
            await silo.LookAsync(Cancel);
        }

        Assert.Equal(5, await CountMarksAsync());
        var rows = await ReadRowsAsync(Web, "v:a");
        await Outbox.RemoveAsync(LaneOf(Web, "v:a").Shard, [.. rows.Select(row => row.Position)]).WaitAsync(Patience);
        await AppendAsync(Web, "v:b", "the only one");
        await silo.LookAsync(Cancel);
        Assert.InRange(await CountMarksAsync(), 1, 2);
    }

    [Fact]
    public async Task Backlog_OfManyEvents_IsEstimated()
    {
        const int Appends = 12, Each = 1_000;
        for (var i = 0; i < Appends; i++) await AppendAsync(Web, "v:a", [.. Enumerable.Range(0, Each).Select(number => $"{number}")]);

        var seen = Assert.Single(await Backlog().LookAsync(Cancel));

        Assert.InRange(seen.Pending, Appends * Each * 0.95, Appends * Each * 1.05);
    }

    [Fact]
    public async Task AnAppendOfASampledRequest_TellsTheEmitterBehindWhichPositionNothingOfItLies_AndOthersTellNothing()
    {
        using var listener = Listening.To("tests of the outbox", "SpidOrleans");
        using var source = new ActivitySource("tests of the outbox");
        await AppendAsync(Web, "v:b", "of nobody who is sampled");
        string trace;
        using (var request = source.StartActivity("request")!)
        {
            trace = request.TraceId.ToHexString();
            await Outbox.AppendManyAsync([new AppendOperation(LaneOf(Web, "v:a"), [Event("1"), Event("2")])]).WaitAsync(Patience);
        }

        // What is told is told after the answer: the next commit is behind it.
        await AppendAsync(Web, "v:c", "later");
        await AppendAsync(Web, "v:c", "later still");
        var (shard, traces) = Assert.Single(Bell.Traces, told => told.Traces.Requests.Any(id => id.Contains(trace, StringComparison.Ordinal)));
        Assert.Equal(LaneOf(Web, "v:a").Shard, shard);
        Assert.Equal((await ReadRowsAsync(Web, "v:a")).Single(row => TextOf(row) == "2").Position, traces.Position);
    }

    [Fact]
    public async Task WhatIsCounted_AreEventsOnce_AndNoChangesOfProfilesNorMovedOnes()
    {
        var factory = Meters.Factory();
        using var readings = new Readings(factory);
        var metrics = Meters.ForOutbox(factory, Web, App);
        using var writer = new GroupCommitOutbox(Engine, Bell, metrics, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<GroupCommitOutbox>.Instance);
        await StopWriterAsync();
        await writer.StartAsync(Cancel);
        Assert.Equal(0, readings.Of("spid.events.accepted", Web));

        await writer.AppendAsync(LaneOf(Web, "v:a"), [Event("1"), Event("2")]).WaitAsync(Patience);
        await writer.AppendAsync(LaneOf(Web, "p:1"), [Event("{\"$distinct_id\":\"1\"}")]).WaitAsync(Patience);
        await writer.AppendAsync(LaneOf(App, "v:a"), [Event("3")]).WaitAsync(Patience);
        Assert.Equal(3, await writer.MoveAsync("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login"), [new LaneEvent(LaneOf(Web, "p:1"), Event("{\"$distinct_id\":\"1\"}"))]).WaitAsync(Patience));
        // A repeat, and an append that is refused.
        await writer.MoveAsync("v:a", "u:1", _ => ShardsOfAProject, Web, Event("login")).WaitAsync(Patience);
        Assert.False(await writer.AppendAsync(LaneOf(Web, "v:a"), [Event("4")]).WaitAsync(Patience));
        await writer.StopAsync(Cancel).WaitAsync(Patience);

        Assert.Equal(3, readings.Of("spid.events.accepted", Web));
        Assert.Equal(1, readings.Of("spid.events.accepted", App));
    }
}
