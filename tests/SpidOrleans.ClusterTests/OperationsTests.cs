using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>What somebody on call learns and does, asked of either silo.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class OperationsTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _user = "user-" + Guid.NewGuid().ToString("N");
    private readonly string _name = "event-" + Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public async ValueTask DisposeAsync()
    {
        (cluster.StandIn.Poison, cluster.StandIn.Faults) = (null, new FaultQueue());
        foreach (var project in SpidTestCluster.Projects) await cluster.Operations(0).SetHaltedAsync(project, false);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task AReport_HasBothSilos_AndTheShardsWhereTheyRun(int silo)
    {
        await TrackAsync("a", _name);
        await cluster.ArrivalsAsync(arrivals => arrivals.Any(arrival => arrival.Event == _name));
        await cluster.SettleAsync();

        var report = await cluster.Operations(silo).ReportAsync();
        Assert.Equal(2, report.Silos.Length);
        Assert.All(report.Silos, line => Assert.True(line.Report is { MemoryBytes: > 0 } && line.Activations > 0));
        Assert.Single(report.Silos, line => line.IsThis);
        var shards = report.Silos.SelectMany(line => line.Report!.Shards).Where(shard => shard.Project == "a").ToList();
        Assert.Contains(shards, shard => shard is { Failures: 0, DeliveredAtMs: not null, DeliveredPerSecond: > 0 });
        Assert.NotNull(report.Backlog);
        Assert.NotNull(report.DeadLetters);
        Assert.Empty(report.Halts!.Value);
    }

    [Fact]
    public async Task TheJournal_TellsOfAnEvent_ByEitherSilo_WhenItWasAcceptedAndDelivered()
    {
        await TrackAsync("a", _name, "insert-" + _visitor.ToString()[..8]);
        await WaitAsync(async () => (await FindAsync(1)).Count == 2);

        foreach (var silo in new[] { 0, 1 })
        {
            var report = await cluster.Operations(silo).FindAsync(new JournalQuery { InsertId = "insert-" + _visitor.ToString()[..8] });
            Assert.Equal([JournalStep.Delivered, JournalStep.Accepted], report.Notes.Select(note => note.Step));
            Assert.All(report.Notes, note => Assert.Equal((_name, _visitor), (note.Event, note.Visitor)));
            Assert.Empty(report.Silent);
        }
    }

    [Fact]
    public async Task TheJournal_TellsWhatMixpanelRefused()
    {
        cluster.StandIn.Poison = arrival => arrival.Event == _name ? "'x' is poison" : null;
        await TrackAsync("a", _name);

        await WaitAsync(async () => (await FindAsync(0)).Exists(note => note.Step == JournalStep.Refused));
    }

    [Fact]
    public async Task AfterALogin_TheStoryTellsOfTheLinkAndItsCause_AndTheJournalOfTheMerge()
    {
        await LoginAsync();

        var story = await cluster.Operations(1).TellAsync(_visitor);
        Assert.True(story is { IsStored: true, IsMerging: false, IsErased: false, StoredSinceMs: > 0, SessionUntil: not null });
        Assert.Equal(_user, story.User?.ToString());
        Assert.Equal(("Login", "Test", false), (story.Cause!.Event, story.Cause.Client, story.Cause.FromBrowser));
        Assert.Contains(_visitor, (await cluster.Operations(0).TellAsync(cluster.UserIdOf(_user)))!.Visitors);
        await WaitAsync(async () => (await FindAsync(0)).Exists(note => note.Step == JournalStep.Merged));
    }

    [Fact]
    public async Task OfAVisitorWhoNeverSignedIn_NothingIsStored_AndLookingStoresNothing()
    {
        var story = await cluster.Operations(0).TellAsync(_visitor);
        Assert.True(story is { IsStored: false, User: null });
        Assert.DoesNotContain(_visitor.ToString(), await cluster.DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnErasedPerson_IsForgottenByEveryJournal()
    {
        await LoginAsync();
        await WaitAsync(async () => (await FindAsync(0)).Exists(note => note.Step == JournalStep.Delivered));
        await cluster.SettleAsync();

        Assert.Equal(TrackOutcome.Stored, (await cluster.User(_user).EraseAsync()).Outcome);
        await WaitAsync(async () => (await FindAsync(0)).Count == 0
            && (await cluster.Operations(1).FindAsync(new JournalQuery { User = cluster.UserIdOf(_user) })).Notes.IsEmpty);
        Assert.True((await cluster.Operations(0).TellAsync(cluster.UserIdOf(_user)))!.IsErased);
    }

    [Fact]
    public async Task APausedProject_DeliversNothing_AcceptsEverything_AndGoesOnWhenItIsResumed()
    {
        Assert.True(await cluster.Operations(0).SetHaltedAsync("b", true));
        Assert.True(await cluster.Operations(1).SetHaltedAsync("b", true));
        await WaitAsync(() => Task.FromResult(cluster.Halts(0).IsHalted("b") && cluster.Halts(1).IsHalted("b")));
        Assert.Equal("b", Assert.Single((await cluster.Operations(1).ReportAsync()).Halts!.Value).Project);

        await TrackAsync("b", _name, "first");
        await TrackAsync("a", _name, "of-another-project");
        await cluster.ArrivalsAsync(arrivals => arrivals.Any(arrival => arrival.Event == _name && arrival.Token == "token-a"));
        // What has arrived is removed a moment later.
        await WaitAsync(async () => (await cluster.Operations(1).ReadPendingAsync([_visitor.Key])).Count == 1);
        var pending = await cluster.Operations(1).ReadPendingAsync([_visitor.Key]);
        Assert.Contains(_name, Encoding.UTF8.GetString(Assert.Single(pending.Events).Payload.Span), StringComparison.Ordinal);
        Assert.Single((await cluster.Operations(0).FindPendingAsync("first")).Events);
        var backlog = (await cluster.Operations(0).ReportAsync()).Backlog!.Value;
        Assert.Equal(("b", 1L), Assert.Single(backlog.Select(shard => (shard.Project, shard.Pending))));
        Assert.DoesNotContain(cluster.StandIn.Arrivals.Snapshot(), arrival => arrival.Event == _name && arrival.Token == "token-b");

        Assert.True(await cluster.Operations(1).SetHaltedAsync("b", false));
        await cluster.ArrivalsAsync(arrivals => arrivals.Any(arrival => arrival.Event == _name && arrival.Token == "token-b"));
    }

    [Fact]
    public async Task ManyPendingEvents_AreShownUpToTheBound_AndCounted()
    {
        Assert.True(await cluster.Operations(0).SetHaltedAsync("b", true));
        await WaitAsync(() => Task.FromResult(cluster.Halts(0).IsHalted("b") && cluster.Halts(1).IsHalted("b")));
        var events = Enumerable.Range(0, 250).Select(i => new TrackedEvent { Name = _name, TimeMs = 1_700_000_000_000 + i, InsertId = $"many-{i}" });
        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_visitor).TrackAsync(cluster.Source("b"), [.. events]));

        var pending = await cluster.Operations(0).ReadPendingAsync([_visitor.Key]);
        Assert.Equal((250, true, OperationsLimits.PendingShown), (pending.Count, pending.IsCut, pending.Events.Length));
        Assert.Contains("many-0\"", Encoding.UTF8.GetString(pending.Events[0].Payload.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALiveView_SeesWhatPassesEitherSilo()
    {
        var viewer = Guid.NewGuid();
        var filter = new LiveFilter { Event = _name };
        Assert.Empty((await cluster.Operations(0).LookAsync(viewer, filter)).Events);
        await TrackAsync("a", _name);

        var seen = new List<LiveEvent>();
        await WaitAsync(async () =>
        {
            seen.AddRange((await cluster.Operations(0).LookAsync(viewer, filter)).Events);
            return seen.Count == 2;
        });
        Assert.Equal([JournalStep.Accepted, JournalStep.Delivered], seen.Select(live => live.Step));
        Assert.All(seen, live => Assert.Equal((_visitor.ToString(), "Test", "a"), (live.Visitor, live.Client, live.Project)));
    }

    [Fact]
    public async Task AFailingShard_SaysWhatMixpanelAnswered()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").ThenAlways(new Fault.ServerError(503));
        await TrackAsync("a", _name);

        ShardReport? failing = null;
        await WaitAsync(async () =>
        {
            var report = await cluster.Operations(0).ReportAsync();
            failing = report.Silos.SelectMany(line => line.Report?.Shards ?? []).FirstOrDefault(shard => shard is { Project: "a", Failures: > 0 });
            return failing is not null;
        });
        Assert.Contains("503", failing!.LastError, StringComparison.Ordinal);
        Assert.NotNull(failing.NextTryAtMs);
        cluster.StandIn.Faults = new FaultQueue();
        await cluster.SettleAsync();
    }

    private async Task<List<JournalNote>> FindAsync(int silo) => [.. (await cluster.Operations(silo).FindAsync(new JournalQuery { Visitor = _visitor })).Notes];

    private async Task TrackAsync(string project, string name, string? insertId = null)
    {
        var e = new TrackedEvent { Name = name, InsertId = insertId, TimeMs = insertId is null ? null : 1_700_000_000_000 };
        var outcome = await cluster.Intake(0).TrackAsync(cluster.Source(project), [new() { Visitor = _visitor, Events = [e] }]);
        Assert.Equal(TrackOutcome.Stored, outcome.Outcome);
    }

    private async Task LoginAsync()
    {
        await TrackAsync("a", _name);
        var result = await cluster.Visitor(_visitor).LoginAsync(new LoginRequest { UserId = cluster.UserIdOf(_user), Source = cluster.Source("a"), Event = new TrackedEvent { Name = "Login" } });
        Assert.Equal(TrackOutcome.Stored, result.Outcome);
    }

    private static async Task WaitAsync(Func<Task<bool>> isTrue)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isTrue()) await Task.Delay(50, patience.Token);
    }
}
