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
            Assert.Equal(5, (await Visitor.DescribeAsync("a")).Pending);
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
    public async Task ALoginThatComesAgain_GetsItsAnswer_WhoeverHasLoggedInSince()
    {
        var persons = new[] { "a", "b", "c" }.Select(name => Login("login " + name) with { UserId = Person(name) }).ToArray();
        var answers = new List<VisitorId>();
        foreach (var login in persons) answers.Add((await Visitor.LoginAsync(login)).VisitorId);
        var again = Login("again") with { UserId = Person("a") };
        answers.Add((await Visitor.LoginAsync(again)).VisitorId);
        await cluster.ForgetAsync(Visitor);

        foreach (var (login, answer) in persons.Append(again).Zip(answers)) Assert.Equal(answer, (await Visitor.LoginAsync(login)).VisitorId);
        Assert.Equal(4, answers.Distinct().Count());
        Assert.Equal(answers[3], (await Visitor.GetSessionAsync()).VisitorId);
    }

    [Fact]
    public async Task TheSameLoginInAnotherProject_IsAnotherEvent()
    {
        var login = Login("login");
        await Visitor.LoginAsync(login);
        await Visitor.LoginAsync(login with { Source = cluster.Source("b") });
        await Visitor.LoginAsync(login with { Event = login.Event with { Name = _name + "signup" } });

        var arrivals = await cluster.ArrivalsAsync(all => all.Count(a => a.Event.StartsWith(_name, StringComparison.Ordinal)) >= 3);
        Assert.Equal(
            ["login token-a", "login token-b", "signup token-a"],
            arrivals.Where(a => a.Event.StartsWith(_name, StringComparison.Ordinal)).Select(a => $"{a.Event[_name.Length..]} {a.Token}").Order());
    }

    [Fact]
    public async Task ASendersFastClock_DoesNotPushTheLoginAhead()
    {
        var now = TimeProvider.System.GetUtcNow();
        await Visitor.TrackAsync(cluster.Source("a"), [Event("ahead", now.AddMinutes(59).ToUnixTimeMilliseconds())]);
        await Visitor.LoginAsync(Login("login") with { Event = new TrackedEvent { Name = _name + "login" } });
        await User.TrackAsync(cluster.Source("a"), [Event("after")]);
        await Visitor.LogoutAsync(new LogoutRequest { Source = cluster.Source("a") });

        // By their names: one that was under way when it moved arrives twice.
        var arrivals = await cluster.ArrivalsAsync(all =>
            all.Where(a => a.DeviceId == _visitor.ToString()).DistinctBy(a => a.Event).Count() >= 3 && all.Any(a => a.Event == _name + "after"));
        var untimed = arrivals.Where(a => a.Event == _name + "after" || (a.DeviceId == _visitor.ToString() && a.Event != _name + "ahead")).ToArray();
        Assert.Equal(3, untimed.Length);
        Assert.All(untimed, a => Assert.InRange(long.Parse(a.Time!), now.ToUnixTimeMilliseconds() - 1_000, now.AddSeconds(30).ToUnixTimeMilliseconds()));
        Assert.Equal(Person("user").ToString(), Assert.Single(untimed, a => a.Event == _name + "login").UserId);
    }

    [Fact]
    public async Task AnEventAheadOfTheClock_SentAgainAfterAnotherPersonsLogin_StaysTheFirstPersons()
    {
        await Visitor.LoginAsync(Login("login"));
        var ahead = Event("ahead", TimeProvider.System.GetUtcNow().AddSeconds(20).ToUnixTimeMilliseconds());
        await Visitor.TrackAsync(cluster.Source("a"), [ahead], fromBrowser: true);
        await cluster.ForgetAsync(Visitor);
        await Visitor.LoginAsync(Login("second") with { UserId = Person("second") });
        await cluster.ForgetAsync(Visitor, User);

        await Visitor.TrackAsync(cluster.Source("a"), [ahead], fromBrowser: true);

        var arrivals = await cluster.ArrivalsAsync(all => all.Count(a => a.Event == _name + "ahead") >= 2);
        var copies = arrivals.Where(a => a.Event == _name + "ahead").ToArray();
        Assert.All(copies, a => Assert.Equal(_visitor.ToString(), a.DeviceId));
        Assert.Single(copies.Select(a => (a.DistinctId, a.Time, a.InsertId)).Distinct());
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
        UserId = Person("user"),
        Source = cluster.Source("a"),
        Event = Event(marker, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()),
    };

    private TrackedEvent Event(string marker, long? time = null) => new()
    {
        Name = _name + marker,
        TimeMs = time,
        InsertId = time is null ? null : Guid.NewGuid().ToString(),
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
