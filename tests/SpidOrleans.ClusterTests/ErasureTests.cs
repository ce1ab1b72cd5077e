using System.Text;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Erasure of users and visitors. Each test has its own; its name is in all they send.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class ErasureTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly VisitorId _other = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private UserId User => cluster.UserIdOf("user-" + _name);

    public async ValueTask InitializeAsync()
    {
        await cluster.SettleAsync();
        cluster.StandIn.Poison = arrival => arrival.Event == _name + "poison" ? "poison" : null;
    }

    public async ValueTask DisposeAsync()
    {
        cluster.StandIn.Poison = null;
        cluster.StandIn.RefuseDeletion = () => 200;
        cluster.StandIn.DeletionStatus = (_, _) => "SUCCESS";
        await cluster.SettleAsync();
    }

    [Fact]
    public async Task AnErasedUser_HasNothingLeft_AndNothingIsTakenOfItOrItsVisitors()
    {
        await PopulateAsync();
        await cluster.StandIn.GoAwayAsync();
        ErasureResult erased;
        try
        {
            foreach (var visitor in new[] { _visitor, _other }) await TrackAsync(visitor, "waits", TrackOutcome.Stored);
            erased = await cluster.User(User.ToString()).EraseAsync();
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        Assert.Equal((TrackOutcome.Stored, 2, true, 1), (erased.Outcome, erased.Visitors, erased.Events >= 2, erased.DeadLetters));
        foreach (var visitor in new[] { _visitor, _other })
        {
            await TrackAsync(visitor, "late", TrackOutcome.Erased);
            await EventuallyAsync(async () => (await cluster.Visitor(visitor).DescribeAsync("a")).UserId is null);
            Assert.Equal(Recognition.Lost, (await cluster.Visitor(visitor).GetSessionAsync(new BrowserLook { NextKey = KeyDigest.Of("k"u8) })).Recognition);
        }

        await AssertRefusedAsync();
        await cluster.ForgetAsync(cluster.Visitor(_visitor), cluster.Visitor(_other), cluster.User(User.ToString()));
        await AssertRefusedAsync();
        await DeletedAsync();
        var dump = await cluster.DumpAsync();
        Assert.DoesNotContain(User.ToString(), dump, StringComparison.Ordinal);
        Assert.DoesNotContain(_name, dump, StringComparison.Ordinal);
        Assert.Equal((TrackOutcome.Stored, 0), ((await cluster.User(User.ToString()).EraseAsync()) is var again ? again.Outcome : default, again.Events));
        await DeletedAsync();
    }

    [Fact]
    public async Task AnErasedUsersVisitor_IsRefusedOnEverySilo_ThoughItsLaneIsInUseThere()
    {
        await LoginAsync(_visitor);
        foreach (var silo in new[] { 0, 1 }) Assert.Equal(TrackOutcome.Stored, await IntakeAsync(silo, _visitor));
        // Of this one nothing is stored: its events pass by its grain.
        var stateless = VisitorId.New();
        foreach (var silo in new[] { 0, 1 }) Assert.Equal(TrackOutcome.Stored, await IntakeAsync(silo, stateless));

        Assert.Equal(TrackOutcome.Stored, (await cluster.User(User.ToString()).EraseAsync()).Outcome);
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(stateless).EraseAsync()).Outcome);
        foreach (var silo in new[] { 0, 1 })
        {
            Assert.Equal(TrackOutcome.Erased, await IntakeAsync(silo, _visitor));
            Assert.Equal(TrackOutcome.Erased, await IntakeAsync(silo, stateless));
            // Whoever else is in the request is served.
            var stranger = VisitorId.New();
            Assert.Equal(TrackOutcome.Erased, await IntakeAsync(silo, stateless, stranger));
            await cluster.ArrivalsAsync(all => all.Any(arrival => arrival.DeviceId == stranger.ToString()));
        }
    }

    [Fact]
    public async Task AnErasedVisitor_TakesItsPartOfItsUsersEventsAlong_AndTheUserStays()
    {
        await LoginAsync(_visitor);
        await LoginAsync(_other);
        await cluster.SettleAsync();
        await cluster.StandIn.GoAwayAsync();
        ErasureResult erased;
        try
        {
            await TrackAsync(_visitor, "gone", TrackOutcome.Stored);
            await TrackAsync(_other, "stays", TrackOutcome.Stored);
            erased = await cluster.Visitor(_visitor).EraseAsync();
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        Assert.Equal((TrackOutcome.Stored, 1, 1), (erased.Outcome, erased.Visitors, erased.Events));
        await TrackAsync(_visitor, "late", TrackOutcome.Erased);
        await TrackAsync(_other, "more", TrackOutcome.Stored);
        var arrived = await cluster.ArrivalsAsync(all => all.Any(arrival => arrival.Event == _name + "more"));
        Assert.Contains(arrived, arrival => arrival.Event == _name + "stays");
        Assert.DoesNotContain(arrived, arrival => arrival.Event == _name + "gone");
        Assert.Equal([_other], (await cluster.User(User.ToString()).DescribeAsync("a")).Visitors);
    }

    [Theory]
    [InlineData("erase", Moment.Before)]
    [InlineData("erase", Moment.After)]
    public async Task AnErasureWhoseAnswerWasLost_IsDoneByItsRepeat(string step, Moment moment)
    {
        await PopulateAsync();
        cluster.Crashes.Plan(step, moment);

        Assert.Equal(TrackOutcome.Unavailable, (await cluster.User(User.ToString()).EraseAsync()).Outcome);
        Assert.Equal(TrackOutcome.Stored, (await cluster.User(User.ToString()).EraseAsync()).Outcome);
        await AssertRefusedAsync();
        await DeletedAsync();
        Assert.DoesNotContain(_name, await cluster.DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AVisitorOnItsWayToAnErasedUser_IsErasedToo()
    {
        await TrackAsync(_visitor, "waits", TrackOutcome.Stored);
        cluster.Crashes.Plan("move", Moment.Before);
        var login = Login();
        Assert.Equal(TrackOutcome.Unavailable, (await cluster.Visitor(_visitor).LoginAsync(login)).Outcome);
        await cluster.User(User.ToString()).EraseAsync();

        Assert.Equal(TrackOutcome.Erased, (await cluster.Visitor(_visitor).LoginAsync(login)).Outcome);
        await TrackAsync(_visitor, "late", TrackOutcome.Erased);
        await DeletedAsync();
        Assert.DoesNotContain(_name, await cluster.DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mixpanel_IsAskedInEachProject_AfterWhatWasOnItsWay_AndFollowedToTheEnd()
    {
        // The first task of project a is given up.
        cluster.StandIn.DeletionStatus = (deletion, _) => deletion == Mine().FirstOrDefault(mine => mine.Token == "token-a") ? "FAILURE" : "SUCCESS";
        await PopulateAsync();

        await cluster.User(User.ToString()).EraseAsync();
        await EventuallyAsync(() => Task.FromResult(Mine().Count(deletion => deletion.Token == "token-a") >= 2 && Mine().Any(deletion => deletion.Token == "token-b")));

        Assert.All(Mine(), deletion => Assert.Equal("delete-" + deletion.Token[^1], deletion.Bearer));
        Assert.All(Mine(), deletion => Assert.Equal(
            new[] { User.ToString(), "$device:" + _visitor, "$device:" + _other }.Order(StringComparer.Ordinal), deletion.Ids.Order(StringComparer.Ordinal)));
        await DeletedAsync();
        Assert.DoesNotContain(cluster.StandIn.Arrivals.Snapshot().Skip((int)Mine().Max(deletion => deletion.ArrivalsBefore)), arrival => arrival.Json.Contains(_name));
    }

    private IEnumerable<TestKit.StandIn.DeletionArrival> Mine() => cluster.StandIn.Deletions.Where(deletion => deletion.Ids.Any(id => id.Contains(_name)));

    /// <summary>Traits, a profile, a dead letter, an event in each project, two visitors, one of which knows another name of a trait.</summary>
    private async Task PopulateAsync()
    {
        await TrackAsync(_visitor, "before", TrackOutcome.Stored);
        await cluster.Visitor(_other).SetTraitsAsync(Source("b"), [new Trait { Name = "t", Json = $"\"{_name}\"", SetAtMs = 1 }]);
        foreach (var visitor in new[] { _visitor, _other }) await LoginAsync(visitor);
        var user = cluster.User(User.ToString());
        await user.SetProfileAsync(Source("a"), new UserProfile { GivenName = _name, Locale = "nb_NO" });
        await user.SetTraitsAsync(Source("a"), [new Trait { Name = _name, Json = "1", SetAtMs = 1 }], isTrusted: true);
        await TrackAsync(_visitor, "poison", TrackOutcome.Stored);
        await EventuallyAsync(async () => await cluster.DeadLettersAsync("a", User.Key) == 1);
        await cluster.SettleAsync();
    }

    private async Task AssertRefusedAsync()
    {
        var user = cluster.User(User.ToString());
        Assert.Equal(TrackOutcome.Erased, await user.TrackAsync(Source("a"), [Event("late")]));
        Assert.Equal(TrackOutcome.Erased, await user.SetProfileAsync(Source("a"), new UserProfile { GivenName = _name }));
        Assert.Equal(TrackOutcome.Erased, (await user.SetTraitsAsync(Source("a"), [new Trait { Name = _name, Json = "1", SetAtMs = 1 }], isTrusted: true)).Outcome);
        await user.AcceptAgreementAsync(_name);
        Assert.Equal(TrackOutcome.Erased, (await cluster.Visitor(VisitorId.New()).LoginAsync(Login())).Outcome);
        foreach (var visitor in new[] { _visitor, _other })
        {
            await TrackAsync(visitor, "late", TrackOutcome.Erased);
            Assert.Equal(TrackOutcome.Erased, (await cluster.Visitor(visitor).LoginAsync(Login())).Outcome);
            Assert.Equal(TrackOutcome.Erased, (await cluster.Visitor(visitor).LoginAsync(Login() with { UserId = cluster.UserIdOf("somebody-else") })).Outcome);
        }
    }

    private Task DeletedAsync() => EventuallyAsync(async () => !(await cluster.DumpAsync()).Contains(_name));

    private async Task LoginAsync(VisitorId visitor) => Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(visitor).LoginAsync(Login())).Outcome);

    private LoginRequest Login() => new() { UserId = User, Source = Source("a"), Event = Event("Login") };

    private async Task TrackAsync(VisitorId visitor, string which, TrackOutcome expected) =>
        Assert.Equal(expected, await cluster.Visitor(visitor).TrackAsync(Source("a"), [Event(which)]));

    private async Task<TrackOutcome> IntakeAsync(int silo, params VisitorId[] visitors) => (await cluster.Intake(silo).TrackAsync(
        Source("a"), [.. visitors.Select(visitor => new IdentityEvents { Visitor = visitor, Events = [Event("intake")] })])).Outcome;

    private EventSource Source(string project) => cluster.Source(project) with { ClientId = "client-" + project };

    private TrackedEvent Event(string which) => new() { Name = _name + which, Properties = Encoding.UTF8.GetBytes($"{{\"marker\":\"{_name}\"}}") };

    private static async Task EventuallyAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await isSo()) await Task.Delay(20, limit.Token);
    }
}
