using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Who has not said yet whether to be tracked. Each test has its own visitors, user and event names.</summary>
[Collection(nameof(UndecidedCluster))]
public sealed class UndecidedConsentTests(UndecidedCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _phone = VisitorId.New();
    private readonly VisitorId _laptop = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private UserId User => cluster.UserIdOf("user-" + _name);

    private IUserGrain Grain => cluster.User(User.ToString());

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Events_AreHeld_WithoutAnyLagOrRow_UntilTheConsentReleasesThemInOrder(int silo)
    {
        for (var i = 1; i <= 3; i++) await TrackAsync(silo, $"{i}", _phone);
        Assert.Equal(3, (await cluster.Visitor(_phone).DescribeAsync("a")).Pending);
        // Settled: the emitters see nothing of it.
        await cluster.SettleAsync();
        Assert.Empty(Arrived());

        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_phone).SetConsentAsync(true));
        await TrackAsync(1 - silo, "4", _phone);
        await AssertArrivedAsync("1", "2", "3", "4");
    }

    [Fact]
    public async Task ARefusal_ErasesWhatIsHeld()
    {
        await TrackAsync(0, "held", _phone);
        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_phone).SetConsentAsync(false));
        Assert.Equal(0, (await cluster.Visitor(_phone).DescribeAsync("a")).Pending);
        Assert.DoesNotContain(_name, await cluster.DumpAsync(), StringComparison.Ordinal);

        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_phone).SetConsentAsync(true));
        await TrackAsync(0, "later", _phone);
        await AssertArrivedAsync("later");
    }

    [Fact]
    public async Task TwoDevices_OfAnUndecidedUser_AreReleasedTogether_ByTheConsentOfEither_WithLoginAndProfile()
    {
        await TrackAsync(0, "phone", _phone);
        await LoginAsync(_phone, "login phone");
        await TrackAsync(0, "laptop", _laptop);
        await LoginAsync(_laptop, "login laptop");
        Assert.Equal(TrackOutcome.Stored, await Grain.TrackAsync(cluster.Source("a"), [Event("user")]));
        Assert.Equal(5, (await Grain.DescribeAsync("a")).Pending);
        await cluster.SettleAsync();
        Assert.Empty(Arrived());
        Assert.DoesNotContain(cluster.StandIn.Profiles.Snapshot(), profile => profile.Json.Contains(_name, StringComparison.Ordinal));

        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_laptop).SetConsentAsync(true));
        await TrackAsync(1, "later", _phone);
        await AssertArrivedAsync("phone", "login phone", "laptop", "login laptop", "user", "later");
        Assert.Contains(cluster.StandIn.Profiles.Snapshot(), profile => profile.Json.Contains(_name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ALogin_IntoAUserWhoHasDecided_DecidesForWhatIsHeld(bool tracking)
    {
        await Grain.SetConsentAsync(tracking);
        await TrackAsync(0, "before", _phone);
        var login = await LoginAsync(_phone, "login");
        Assert.Equal(1, login.Merged);
        var after = await TrackAsync(0, "after", _phone);

        Assert.Equal(tracking ? 0 : 1, after.Discarded);
        await AssertArrivedAsync(tracking ? ["before", "login", "after"] : []);
        Assert.Equal(0, (await Grain.DescribeAsync("a")).Pending);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ALogin_OfAVisitorWhoHasDecided_DecidesForAnUndecidedUser(bool tracking)
    {
        await LoginAsync(_laptop, "login laptop");
        await Grain.TrackAsync(cluster.Source("a"), [Event("user")]);
        await cluster.Visitor(_phone).SetConsentAsync(tracking);
        await LoginAsync(_phone, "login phone");

        await AssertArrivedAsync(tracking ? ["login laptop", "user", "login phone"] : []);
        Assert.Equal(0, (await Grain.DescribeAsync("a")).Pending);
    }

    [Theory]
    [InlineData("write visitor", Moment.Before)]
    [InlineData("write visitor", Moment.After)]
    [InlineData("release", Moment.Before)]
    [InlineData("release", Moment.After)]
    public async Task AConsentThatIsInterrupted_IsFinishedByWhoeverComesNext_BeforeAnythingLater(string step, Moment moment)
    {
        await TrackAsync(0, "1", _phone);
        await TrackAsync(1, "2", _phone);
        cluster.Crashes.Plan(step, moment);
        await TryAsync(() => cluster.Visitor(_phone).SetConsentAsync(true));
        Assert.True(cluster.Crashes.AreDone);
        // The decision stands unless it was not stored; then the sender has been told to ask again.
        if (step == "write visitor" && moment == Moment.Before) await cluster.Visitor(_phone).SetConsentAsync(true);

        await TrackAsync(0, "3", _phone);
        await AssertArrivedAsync("1", "2", "3");
    }

    [Theory]
    [InlineData("write user", Moment.After)]
    [InlineData("release", Moment.Before)]
    [InlineData("move", Moment.After)]
    [InlineData("hold", Moment.After)]
    public async Task AUsersWay_ThatIsInterrupted_IsFinishedInOrder(string step, Moment moment)
    {
        if (step == "hold") cluster.Crashes.Plan(step, moment);
        await TryAsync(() => Grain.TrackAsync(cluster.Source("a"), [Event("1")]));
        await TrackAsync(0, "2", _phone);
        if (step == "move") cluster.Crashes.Plan(step, moment);
        await TryAsync(() => LoginAsync(_phone, "3"));
        await LoginAsync(_phone, "4");
        if (step is "write user" or "release") cluster.Crashes.Plan(step, moment);
        await TryAsync(() => Grain.SetConsentAsync(true));
        Assert.True(cluster.Crashes.AreDone);

        await Grain.SetConsentAsync(true);
        await TrackAsync(1, "5", _phone);
        await AssertArrivedAsync("1", "2", "3", "4", "5");
    }

    [Fact]
    public async Task MoreThanALaneMayHold_IsRefused_UntilThereIsADecision()
    {
        for (var i = 0; i < SpidTestCluster.PendingPerLane; i += 100)
        {
            Assert.Equal(new IntakeResult(TrackOutcome.Stored), await cluster.Intake(0).TrackAsync(
                cluster.Source("a"), [new IdentityEvents { Visitor = _phone, Events = [.. Enumerable.Range(i, 100).Select(n => Event($"{n:0000}"))] }]));
        }

        Assert.Equal(TrackOutcome.LaneFull, (await cluster.Intake(0).TrackAsync(
            cluster.Source("a"), [new IdentityEvents { Visitor = _phone, Events = [Event("too many")] }])).Outcome);
        // Nobody else's lane is full.
        await TrackAsync(0, "laptop", _laptop);
        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_phone).SetConsentAsync(true));
        await AssertArrivedAsync([.. Enumerable.Range(0, SpidTestCluster.PendingPerLane).Select(n => $"{n:0000}")]);
    }

    [Fact]
    public async Task WhatIsHeldForTooLong_GoesForGood_AndNothingElse()
    {
        await TrackAsync(0, "old", _phone);
        await cluster.LetHeldEventsGoAsync(SpidTestCluster.HeldRetention / 2);
        Assert.Equal(1, (await cluster.Visitor(_phone).DescribeAsync("a")).Pending);
        await cluster.LetHeldEventsGoAsync(SpidTestCluster.HeldRetention * 1.1);
        Assert.Equal(0, (await cluster.Visitor(_phone).DescribeAsync("a")).Pending);
        await TrackAsync(0, "new", _phone);

        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_phone).SetConsentAsync(true));
        await AssertArrivedAsync("new");
    }

    [Fact]
    public async Task Erasure_OfAVisitor_TakesItsPartOfWhatIsHeld_AndIdentifyComesOnlyWithTheConsent()
    {
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_phone).LoginAsync(Login("login", SpidTestCluster.Original))).Outcome);
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_laptop).LoginAsync(Login("login", SpidTestCluster.Original))).Outcome);
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_laptop).EraseAsync()).Outcome);
        await cluster.SettleAsync();
        Assert.Empty(Identified());

        Assert.Equal(TrackOutcome.Stored, await Grain.SetConsentAsync(true));
        await cluster.SettleAsync();
        Assert.Contains(_phone.ToString(), Assert.Single(Identified()).Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erasure_OfAnUndecidedUser_LeavesNothingOfWhatIsHeld()
    {
        await TrackAsync(0, "1", _phone);
        await LoginAsync(_phone, "2");
        await Grain.TrackAsync(cluster.Source("b"), [Event("3")]);
        Assert.Contains(_name, await HeldAsync(), StringComparison.Ordinal);

        Assert.Equal((TrackOutcome.Stored, 1), (await Grain.EraseAsync()) is var erased ? (erased.Outcome, erased.Visitors) : default);
        Assert.DoesNotContain(_name, await HeldAsync(), StringComparison.Ordinal);
        Assert.Equal(TrackOutcome.Erased, await Grain.TrackAsync(cluster.Source("b"), [Event("4")]));
        Assert.Equal(TrackOutcome.Erased, await Grain.SetConsentAsync(true));
        await cluster.SettleAsync();
        Assert.Empty(Arrived());

        async Task<string> HeldAsync() =>
            string.Join('\n', (await cluster.DumpAsync()).Split('\n').Where(row => row.StartsWith("held:", StringComparison.Ordinal)));
    }
    private async Task<LoginResult> LoginAsync(VisitorId visitor, string which)
    {
        var result = await cluster.Visitor(visitor).LoginAsync(Login(which, "a"));
        Assert.Equal(TrackOutcome.Stored, result.Outcome);
        return result;
    }

    private LoginRequest Login(string which, string project) => new() { UserId = User, Source = cluster.Source(project), Event = Event(which) with { TimeMs = NowMs, InsertId = Guid.NewGuid().ToString() } };

    private async Task<IntakeResult> TrackAsync(int silo, string which, VisitorId visitor)
    {
        var result = await cluster.Intake(silo).TrackAsync(cluster.Source("a"), [new IdentityEvents { Visitor = visitor, Events = [Event(which)] }]);
        Assert.Equal(TrackOutcome.Stored, result.Outcome);
        return result;
    }

    /// <summary>A step that a test breaks, if it likes.</summary>
    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception)
        {
            // Told to try again.
        }
    }

    private async Task AssertArrivedAsync(params string[] which)
    {
        await cluster.ArrivalsAsync(_ => Arrived().Count() >= which.Length);
        await cluster.SettleAsync();
        Assert.Equal(which.Select(name => _name + name), Arrived());
    }

    private IEnumerable<Arrival> Identified() => cluster.StandIn.Arrivals.Snapshot()
            .Where(arrival => arrival.Event == "$identify" && arrival.Json.Contains(_name, StringComparison.Ordinal));

    /// <summary>In the order in which they came first.</summary>
    private IEnumerable<string> Arrived() =>
        cluster.StandIn.Arrivals.Snapshot().Select(arrival => arrival.Event).Where(name => name.StartsWith(_name, StringComparison.Ordinal)).Distinct();

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private TrackedEvent Event(string which) => new() { Name = _name + which };
}
