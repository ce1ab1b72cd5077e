using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Events that pass the visitor's grain by, and when they must not.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class LaneTests(SpidTestCluster cluster)
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");
    private int _events;

    private EventSource Source => cluster.Source("a");

    private UserId Person => cluster.UserIdOf("lane-" + _name);

    [Fact]
    public async Task EventsOfOneVisitor_ByBothSilosInTurn_ArriveInTheOrderOfTheirAnswers()
    {
        for (var i = 0; i < 40; i++) Assert.Equal(TrackOutcome.Stored, await TrackAsync(i % 2));
        Assert.Equal(Enumerable.Range(0, 40).Select(NameOf), await ArrivedAsync(40));
    }

    [Fact]
    public async Task ManyIdentitiesInOneCall_AllArrive()
    {
        var visitors = Enumerable.Range(0, 30).Select(_ => VisitorId.New()).ToList();
        var events = visitors.Select(visitor => new IdentityEvents { Visitor = visitor, Events = [Next()] })
            .Append(new IdentityEvents { User = Person, Events = [Next()] }).ToImmutableArray();
        Assert.Equal(TrackOutcome.Stored, (await cluster.Intake(0).TrackAsync(Source, events)).Outcome);
        Assert.Equal(31, (await ArrivedAsync(31)).Distinct().Count());
    }

    [Fact]
    public async Task AfterALogin_WhateverSiloIsAsked_EventsAreTheUsers()
    {
        await TrackAsync(0);
        await TrackAsync(1);
        await LoginAsync();
        await TrackAsync(0);
        await TrackAsync(1);

        await ArrivedAsync(4);
        var last = cluster.StandIn.Arrivals.Snapshot().Where(a => a.Event == NameOf(2) || a.Event == NameOf(3)).ToList();
        Assert.All(last, arrival => Assert.Equal(Person.ToString(), arrival.UserId));
    }

    [Fact]
    public async Task ALinkThatTheLaneDoesNotKnowOf_SendsItsEventsToTheGrain()
    {
        await TrackAsync(0);
        await LoginAsync();
        // The silo forgets that the lane was closed, as one that has just become the visitor's does not know.
        await cluster.ForgetAsync(cluster.Visitor(_visitor));

        Assert.Equal(TrackOutcome.Stored, await TrackAsync(0));
        await ArrivedAsync(2);
        Assert.All(cluster.StandIn.Arrivals.Snapshot().Where(a => a.Event == NameOf(1)), arrival => Assert.Equal(Person.ToString(), arrival.UserId));
    }

    [Fact]
    public async Task ALoginAmongEvents_LosesNoneAndStampsEachByItsTime()
    {
        var sending = Enumerable.Range(0, 8).Select(async sender =>
        {
            for (var i = 0; i < 25; i++) Assert.Equal(TrackOutcome.Stored, await TrackAsync(sender % 2));
        }).ToList();
        await TrackAsync(0);
        await LoginAsync();
        await Task.WhenAll(sending);

        await ArrivedAsync(201);
        var arrivals = cluster.StandIn.Arrivals.Snapshot().Where(a => a.DeviceId == _visitor.ToString()).ToList();
        var linkedAt = arrivals.Where(a => a.UserId is not null && a.Event != "Login").Min(TimeOf);
        Assert.All(arrivals.Where(a => a.UserId is null), arrival => Assert.InRange(TimeOf(arrival), 0, linkedAt - 1));
        Assert.All(arrivals.Where(a => a.UserId is not null), arrival => Assert.Equal(Person.ToString(), arrival.UserId));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public async Task AfterALogin_WhateverSiloIsAsked_EventsUnderAnOldCookieAreNobodys(int silo, bool amongOthers)
    {
        var (old, own) = (KeyDigest.Of("old"u8), KeyDigest.Of("own"u8));
        Assert.Equal(TrackOutcome.Stored, await SendAsync(old));
        await LoginAsync(own);
        Assert.Equal(TrackOutcome.Stored, await SendAsync(own));
        await cluster.ForgetAsync(cluster.Visitor(_visitor));

        Assert.Equal(TrackOutcome.Stranger, await SendAsync(old));
        Assert.Equal(TrackOutcome.Stored, await SendAsync(own));

        async Task<TrackOutcome> SendAsync(KeyDigest key)
        {
            var events = new IdentityEvents { Visitor = _visitor, Events = [Next()], BrowserKey = key };
            var another = new IdentityEvents { Visitor = VisitorId.New(), Events = [Next()], BrowserKey = key };
            return (await cluster.Intake(silo).TrackAsync(Source, amongOthers ? [events, another] : [events], fromBrowser: true)).Outcome;
        }
    }

    [Fact]
    public async Task AnEventAheadOfTheClock_IsRememberedByTheGrain()
    {
        var ahead = Next() with { TimeMs = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds(), InsertId = Guid.NewGuid().ToString() };
        Assert.Equal(TrackOutcome.Stored, await TrackAsync(0, ahead));
        await cluster.ForgetAsync(cluster.Visitor(_visitor));
        await LoginAsync();
        Assert.Equal(TrackOutcome.Stored, await TrackAsync(1, ahead));
        Assert.Equal(TrackOutcome.Stored, await TrackAsync(1));

        // By the last one the copy has arrived too.
        await ArrivedAsync(2);
        Assert.All(cluster.StandIn.Arrivals.Snapshot().Where(a => a.Event == ahead.Name), arrival => Assert.Null(arrival.UserId));
    }

    [Fact]
    public async Task AFullLane_IsRefusedAndOpensAgain()
    {
        var source = cluster.Source("a");
        var events = Enumerable.Range(0, SpidTestCluster.PendingPerLane + 1).Select(_ => Next()).ToImmutableArray();
        Assert.Equal(TrackOutcome.LaneFull, (await cluster.Intake(0).TrackAsync(source, [new IdentityEvents { Visitor = _visitor, Events = events }])).Outcome);
        Assert.Equal(TrackOutcome.Stored, await TrackAsync(0));
        await ArrivedAsync(1);
    }

    private async Task LoginAsync(KeyDigest? browserKey = null)
    {
        var result = await cluster.Visitor(_visitor).LoginAsync(
            new LoginRequest { UserId = Person, Source = Source, Event = new TrackedEvent { Name = "Login" }, BrowserKey = browserKey });
        Assert.Equal(TrackOutcome.Stored, result.Outcome);
    }

    private async Task<TrackOutcome> TrackAsync(int silo, TrackedEvent? e = null) =>
        (await cluster.Intake(silo).TrackAsync(Source, [new IdentityEvents { Visitor = _visitor, Events = [e ?? Next()] }])).Outcome;

    private TrackedEvent Next() => new() { Name = NameOf(Interlocked.Increment(ref _events) - 1) };

    private string NameOf(int number) => $"{_name}-{number}";

    /// <summary>The names of this test's events, by first arrival.</summary>
    private async Task<IReadOnlyList<string>> ArrivedAsync(int count) =>
        [.. (await cluster.ArrivalsAsync(all => Mine(all).Distinct().Count() == count)).Where(a => a.Event.StartsWith(_name, StringComparison.Ordinal))
            .GroupBy(a => a.Event).OrderBy(copies => copies.Min(a => a.Sequence)).Select(copies => copies.Key)];

    private static long TimeOf(TestKit.StandIn.Arrival arrival) => long.Parse(arrival.Time!, System.Globalization.CultureInfo.InvariantCulture);

    private IEnumerable<string> Mine(IReadOnlyList<TestKit.StandIn.Arrival> all) =>
        all.Select(a => a.Event).Where(name => name.StartsWith(_name, StringComparison.Ordinal));
}
