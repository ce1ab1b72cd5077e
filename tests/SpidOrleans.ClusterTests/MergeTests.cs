using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Login in all its crash points. Each test has its own visitor and user.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class MergeTests(SpidTestCluster cluster)
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Login_WhileMixpanelIsDown_SendsPendingEventsBeforeTheLogin()
    {
        await cluster.StandIn.GoAwayAsync();
        try
        {
            foreach (var marker in new[] { "a", "b", "c" }) await TrackAsync(marker);
            var login = await Visitor.LoginAsync(Login("login"));
            await TrackAsync("d");

            Assert.Equal(3, login.Merged);
            Assert.Equal(_visitor, login.VisitorId);
            Assert.Equal(0, (await Visitor.DescribeAsync("a")).Pending);
            Assert.Equal(5, (await User.DescribeAsync("a")).Pending);
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        Assert.Equal(["a", "b", "c", "login", "d"], await ArrivedAsync(5));
    }

    [Theory]
    [InlineData("write visitor", Moment.Before)]
    [InlineData("write visitor", Moment.After)]
    [InlineData("move", Moment.Before)]
    [InlineData("move", Moment.After)]
    [InlineData("write user", Moment.Before)]
    [InlineData("write user", Moment.After)]
    public async Task Login_BrokenAtAnyStep_IsFinishedByItsResend_OnceAndInOrder(string step, Moment moment)
    {
        foreach (var marker in new[] { "a", "b" }) await TrackAsync(marker);
        var request = Login("login");
        cluster.Crashes.Plan(step, moment);

        await FailsAsync(() => Visitor.LoginAsync(request));
        var result = await Visitor.LoginAsync(request);
        await TrackAsync("c");

        Assert.Equal(TrackOutcome.Stored, result.Outcome);
        Assert.Equal(_visitor, result.VisitorId);
        Assert.Equal(["a", "b", "login", "c"], await ArrivedAsync(4));
        Assert.True(cluster.Crashes.AreDone);
    }

    [Theory]
    [InlineData("move", Moment.After)]
    [InlineData("write user", Moment.After)]
    public async Task Login_BrokenAndNeverResent_IsFinishedByTheNextEvent(string step, Moment moment)
    {
        await TrackAsync("a");
        cluster.Crashes.Plan(step, moment);
        await FailsAsync(() => Visitor.LoginAsync(Login("login")));
        await cluster.ForgetAsync(Visitor, User);

        await TrackAsync("b");

        Assert.Equal(["a", "login", "b"], await ArrivedAsync(3));
        Assert.Equal([_visitor], (await User.DescribeAsync("a")).Visitors);
    }

    [Fact]
    public async Task Login_BrokenAndResentWithoutInsertId_LogsInOnce()
    {
        var request = Login("login") with { Event = new TrackedEvent { Name = _name + "login" } };
        cluster.Crashes.Plan("move", Moment.After);

        await FailsAsync(() => Visitor.LoginAsync(request));
        await Visitor.LoginAsync(request);
        await TrackAsync("end");

        Assert.Equal(["login", "end"], await ArrivedAsync(2));
    }

    [Fact]
    public async Task Login_OfTwoPersonsAtOnce_HasOneWinner()
    {
        var both = await Task.WhenAll(
            Visitor.LoginAsync(Login("login a")),
            Visitor.LoginAsync(Login("login b") with { UserId = Person("other") }));

        var winner = Assert.Single(both, r => r.VisitorId == _visitor);
        var loser = Assert.Single(both, r => r.VisitorId != _visitor);
        Assert.Equal(TrackOutcome.Stored, winner.Outcome);
        Assert.Equal(TrackOutcome.Stored, loser.Outcome);
        Assert.NotEqual(
            (await cluster.Visitor(winner.VisitorId).DescribeAsync("a")).UserId,
            (await cluster.Visitor(loser.VisitorId).DescribeAsync("a")).UserId);
    }

    [Fact]
    public async Task Login_OfASecondPerson_BrokenAfterTheRotation_GivesTheResendTheSameFreshVisitor()
    {
        await Visitor.LoginAsync(Login("login"));
        var second = Login("second") with { UserId = Person("second") };
        cluster.Crashes.Plan("write visitor", Moment.After);
        await FailsAsync(() => Visitor.LoginAsync(second));
        var rotated = (await Visitor.GetSessionAsync()).VisitorId;

        var first = await Visitor.LoginAsync(second);
        var resent = await Visitor.LoginAsync(second);

        Assert.NotEqual(_visitor, rotated);
        Assert.Equal(rotated, first.VisitorId);
        Assert.Equal(rotated, resent.VisitorId);
    }

    [Fact]
    public async Task ABrowsersEventFromAfterTheRotation_IsTheSecondPersons_WhicheverIdThePageHolds()
    {
        await Visitor.LoginAsync(Login("login"));
        var second = await Visitor.LoginAsync(Login("second") with { UserId = Person("second") });
        var now = TimeProvider.System.GetUtcNow().AddSeconds(1).ToUnixTimeMilliseconds();

        await Visitor.TrackAsync(cluster.Source("a"), [Event("late", now - 60_000), Event("new", now)], fromBrowser: true);

        var arrivals = await cluster.ArrivalsAsync(all => all.Count(a => a.Event.StartsWith(_name, StringComparison.Ordinal)) >= 4);
        Assert.Equal(_visitor.ToString(), Assert.Single(arrivals, a => a.Event == _name + "late").DeviceId);
        Assert.Equal(second.VisitorId.ToString(), Assert.Single(arrivals, a => a.Event == _name + "new").DeviceId);
    }

    [Fact]
    public async Task AResendAcrossTheLogin_KeepsItsTuple_AlsoWhenItsTimeWasAheadOfTheClock()
    {
        var ahead = Event("ahead", TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds());
        await Visitor.TrackAsync(cluster.Source("a"), [ahead]);
        await ArrivedAsync(1);
        await cluster.ForgetAsync(Visitor, User);
        await Visitor.LoginAsync(Login("login"));
        await cluster.ForgetAsync(Visitor, User);

        await Visitor.TrackAsync(cluster.Source("a"), [ahead]);
        await TrackAsync("end");

        await ArrivedAsync(3);
        var copies = cluster.StandIn.Arrivals.Snapshot().Where(a => a.Event == _name + "ahead").ToArray();
        Assert.Equal(2, copies.Length);
        Assert.Single(copies.Select(a => (a.DistinctId, a.Time, a.InsertId)).Distinct());
    }

    [Fact]
    public async Task Logout_BrokenBeforeItsEvent_IsRepeatedAsTheSameLogout()
    {
        await Visitor.LoginAsync(Login("login"));
        var request = new LogoutRequest { Source = cluster.Source("a") };
        cluster.Crashes.Plan("append", Moment.Before);

        var broken = await Visitor.LogoutAsync(request);
        var first = await Visitor.LogoutAsync(request);
        var again = await Visitor.LogoutAsync(request);

        Assert.Equal(TrackOutcome.Unavailable, broken.Outcome);
        Assert.Equal(first, again);
        Assert.NotEqual(_visitor, first.VisitorId);
        var arrivals = await cluster.ArrivalsAsync(all => all.Any(a => a.InsertId == first.VisitorId.ToString()));
        Assert.Single(arrivals, a => a.Event == "Logout" && a.DeviceId == _visitor.ToString());
        Assert.Null((await cluster.Visitor(first.VisitorId).GetSessionAsync()).UserId);
    }

    private IVisitorGrain Visitor => cluster.Visitor(_visitor);

    private IUserGrain User => cluster.User(Person("user").ToString());

    private UserId Person(string suffix) => UserId.TryParse(_name + suffix, out var id) ? id : throw new ArgumentException(suffix);

    private LoginRequest Login(string marker) => new()
    {
        UserId = Person("user"), Source = cluster.Source("a"),
        Event = Event(marker, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()),
    };

    private TrackedEvent Event(string marker, long? time = null) => new()
    {
        Name = _name + marker, TimeMs = time, InsertId = time is null ? null : Guid.NewGuid().ToString(),
    };

    private async Task TrackAsync(string marker) =>
        Assert.Equal(TrackOutcome.Stored, await Visitor.TrackAsync(cluster.Source("a"), [Event(marker)]));

    /// <summary>A broken call says so, by its outcome or by throwing; it must not look like success.</summary>
    private static async Task FailsAsync(Func<Task<LoginResult>> call)
    {
        try
        {
            Assert.NotEqual(TrackOutcome.Stored, (await call()).Outcome);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
        }
    }

    private async Task<string[]> ArrivedAsync(int count)
    {
        var arrivals = await cluster.ArrivalsAsync(all => Mine(all).Length >= count);
        return Mine(arrivals);

        string[] Mine(IEnumerable<TestKit.StandIn.Arrival> all) =>
            [.. all.Where(a => a.Event.StartsWith(_name, StringComparison.Ordinal)).Select(a => a.Event[_name.Length..]).Distinct()];
    }
}
