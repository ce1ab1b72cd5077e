using System.Collections.Immutable;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>The way out: what Mixpanel answers and what becomes of the rows.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class EmissionTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task APoisonEvent_BecomesADeadLetter_AndTheRestOfItsBatchIsDelivered()
    {
        cluster.StandIn.Poison = a => a.Event == _name + "7" ? "'event' is poison" : null;
        try
        {
            await TrackAsync("a", 0, 15);
            Assert.Equal(Enumerable.Range(0, 15).Where(i => i != 7), await ArrivedAsync(14));
        }
        finally
        {
            cluster.StandIn.Poison = null;
        }

        // Arrived is not removed yet: the answer is still on its way.
        await EventuallyAsync(async () => await PendingAsync("a") == 0);
        Assert.Equal(1, await cluster.DeadLettersAsync("a", _visitor.Key));
    }

    [Fact]
    public async Task AProjectThatFails_DelaysNoOther()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").ThenAlways(new Fault.ServerError());
        try
        {
            await TrackAsync("a", 0, 5);
            await TrackAsync("b", 5, 5);

            Assert.Equal(Enumerable.Range(5, 5), await ArrivedAsync(5));
            Assert.Equal(5, await PendingAsync("a"));
        }
        finally
        {
            cluster.StandIn.Faults = new FaultQueue();
        }

        Assert.Equal((int[])[5, 6, 7, 8, 9, 0, 1, 2, 3, 4], await ArrivedAsync(10));
    }

    [Fact]
    public async Task AWrongCredential_StopsItsProject_AndKeepsItsEvents()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").Then(new Fault.Unauthorised());
        await TrackAsync("a", 0, 2);
        await TrackAsync("b", 2, 1);

        // Five minutes of the emission's fast clock are six seconds.
        Assert.Equal((int[])[2, 0, 1], await ArrivedAsync(3));
    }

    [Fact]
    public async Task ABatchThatIsTooLarge_IsHalved_AndKeepsItsOrder()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").Then(new Fault.TooLarge(), times: 3);
        try
        {
            await TrackAsync("a", 0, 100);
            Assert.Equal(Enumerable.Range(0, 100), await ArrivedAsync(100));
        }
        finally
        {
            cluster.StandIn.Faults = new FaultQueue();
        }
    }

    [Fact]
    public async Task AFullLane_RefusesTheCall_AndTakesItAgainWhenMixpanelIsBack()
    {
        await cluster.StandIn.GoAwayAsync();
        try
        {
            await TrackAsync("a", 0, SpidTestCluster.PendingPerLane);

            Assert.Equal(TrackOutcome.LaneFull, await SendAsync("a", SpidTestCluster.PendingPerLane, 1));
            Assert.Equal(TrackOutcome.Stored, await SendAsync("b", SpidTestCluster.PendingPerLane + 1, 1));
            Assert.Equal(SpidTestCluster.PendingPerLane, await PendingAsync("a"));
            // Signing in and out does not depend on Mixpanel.
            var login = new LoginRequest { UserId = cluster.UserIdOf(_name), Source = cluster.Source("a"), Event = new TrackedEvent { Name = "Login" } };
            Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_visitor).LoginAsync(login)).Outcome);
            Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_visitor).LoginAsync(login)).Outcome);
            Assert.Equal(TrackOutcome.LaneFull, await SendAsync("a", SpidTestCluster.PendingPerLane, 1));
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        await ArrivedAsync(SpidTestCluster.PendingPerLane + 1);
        await EventuallyAsync(async () => await SendAsync("a", SpidTestCluster.PendingPerLane, 1) == TrackOutcome.Stored);
    }

    [Fact]
    public async Task TheSameTupleInTwoProjects_IsTwoEvents()
    {
        var e = new TrackedEvent { Name = _name + "0", TimeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), InsertId = _name };
        foreach (var project in SpidTestCluster.Projects)
            Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_visitor).TrackAsync(cluster.Source(project), [e]));

        var arrivals = await cluster.ArrivalsAsync(all => all.Count(IsMine) >= 2);
        Assert.Equal(["token-a", "token-b"], arrivals.Where(IsMine).Select(a => a.Token).Order());
    }

    [Fact]
    public async Task ARowWhoseRemovalGetsLost_IsSentAgain_AsTheSameEvent()
    {
        var sent = 0;
        var copies = new List<IGrouping<string, Arrival>>();
        // The planned loss may hit the last removal of a test before this one: then once more.
        while (sent < 30 && copies.TrueForAll(c => c.Count() == 1))
        {
            cluster.Crashes.Plan("remove", Moment.Before);
            await TrackAsync("a", sent, 3);
            sent += 3;
            await EventuallyAsync(async () => await PendingAsync("a") == 0);
            copies = [.. cluster.StandIn.Arrivals.Snapshot().Where(IsMine).GroupBy(a => a.Event)];
        }

        Assert.Contains(copies, c => c.Count() > 1);
        Assert.All(copies, c => Assert.Single(c.Select(a => (a.DistinctId, a.Time, a.InsertId, a.Json)).Distinct()));
        Assert.Equal(Enumerable.Range(0, sent), await ArrivedAsync(sent));
    }

    [Fact]
    public async Task AStaleActivation_CannotAppendToALaneThatALoginHasMoved()
    {
        await TrackAsync("a", 0, 1);
        // What another silo's activation would do behind this one's back.
        await cluster.CloseBehindItsBackAsync(_visitor, "u:" + _name);

        Assert.Equal(TrackOutcome.Unavailable, await SendAsync("a", 1, 1));
        Assert.Equal((int[])[0], await ArrivedAsync(1));
    }

    [Fact]
    public async Task TimesThatTheServerGives_AreDifferentAndIncrease()
    {
        await TrackAsync("a", 0, 50);
        await TrackAsync("a", 50, 50);
        await ArrivedAsync(100);

        var times = cluster.StandIn.Arrivals.Snapshot().Where(IsMine).DistinctBy(a => a.Event).Select(a => long.Parse(a.Time!)).ToArray();
        Assert.Equal(times.Order().Distinct(), times);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> isTrue)
    {
        for (var attempt = 0; !await isTrue(); attempt++)
        {
            Assert.True(attempt < 200, "not within 10 s");
            await Task.Delay(50);
        }
    }

    private Task<TrackOutcome> SendAsync(string project, int from, int count) => cluster.Visitor(_visitor).TrackAsync(
        cluster.Source(project), Enumerable.Range(from, count).Select(i => new TrackedEvent { Name = _name + i }).ToImmutableArray());

    private async Task TrackAsync(string project, int from, int count) =>
        Assert.Equal(TrackOutcome.Stored, await SendAsync(project, from, count));

    private async Task<int> PendingAsync(string project) => (await cluster.Visitor(_visitor).DescribeAsync(project)).Pending;

    private bool IsMine(Arrival arrival) => arrival.Event.StartsWith(_name, StringComparison.Ordinal);

    private async Task<int[]> ArrivedAsync(int count)
    {
        var arrivals = await cluster.ArrivalsAsync(all => Numbers(all).Length >= count);
        return Numbers(arrivals);

        int[] Numbers(IEnumerable<Arrival> all) => [.. all.Where(IsMine).Select(a => int.Parse(a.Event[_name.Length..])).Distinct()];
    }
}
