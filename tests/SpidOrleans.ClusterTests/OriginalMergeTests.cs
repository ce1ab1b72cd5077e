using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>A project with Original ID Merge: one id in each event, and <c>$identify</c> before the first that names the user.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class OriginalMergeTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private string UserName => "u" + _name;

    private IVisitorGrain Visitor => cluster.Visitor(_visitor);

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatAPersonDoesBeforeAtAndAfterTheLogin_IsOnePersonsInThatOrder(bool isMixpanelAway)
    {
        if (isMixpanelAway) await cluster.StandIn.GoAwayAsync();
        try
        {
            foreach (var marker in new[] { "a", "b" }) await TrackAsync(marker);
            await Visitor.LoginAsync(Login("login"));
            await TrackAsync("c");
        }
        finally
        {
            if (isMixpanelAway) await cluster.StandIn.ComeBackAsync();
        }

        Assert.Equal(["a", "b", "$identify", "login", "c"], await ArrivedAsync(5));
        // What was under way while the login moved it arrives again.
        var arrivals = First();
        Assert.Equal([_visitor.ToString(), _visitor.ToString(), UserName, UserName, UserName], arrivals.Select(a => a.SentDistinctId!));
        Assert.All(arrivals, a => Assert.Null(a.DeviceId ?? a.UserId));
        Assert.All(arrivals, a => Assert.Equal(UserName, Persons().PersonOf(a)));
        Assert.Contains($"\"SPiD ID\":\"{UserName}\"", arrivals[^1].Json, StringComparison.Ordinal);
        Assert.Empty(Persons().Refusals);
    }

    [Theory]
    [InlineData("write visitor", Moment.Before)]
    [InlineData("write visitor", Moment.After)]
    [InlineData("move", Moment.Before)]
    [InlineData("move", Moment.After)]
    [InlineData("write user", Moment.Before)]
    [InlineData("write user", Moment.After)]
    public async Task ALoginBrokenAtAnyStep_IdentifiesOnce_BeforeAnythingThatNamesTheUser(string step, Moment moment)
    {
        await TrackAsync("a");
        var request = Login("login");
        cluster.Crashes.Plan(step, moment);

        await FailsAsync(() => Visitor.LoginAsync(request));
        Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(request)).Outcome);
        await TrackAsync("b");

        Assert.Equal(["a", "$identify", "login", "b"], await ArrivedAsync(4));
        Assert.True(cluster.Crashes.AreDone);
        Assert.Single(IdentifyTuples());
    }

    [Theory]
    [InlineData("append", Moment.After)]
    [InlineData("write user", Moment.Before)]
    public async Task AnIdentifyWhoseNoteIsLost_IsRepeatedAsTheSameEvent(string step, Moment moment)
    {
        // Another project's login: this project hears of the user with its next event.
        await Visitor.LoginAsync(Login("login") with { Source = cluster.Source("a") });
        cluster.Crashes.Plan(step, moment);

        var before = TrackOnceAsync("b");
        if (step == "append") Assert.Equal(TrackOutcome.Unavailable, await before);
        else Assert.Equal(TrackOutcome.Stored, await before);
        await cluster.ForgetAsync(Visitor, cluster.User(UserName));
        await TrackAsync("c");

        Assert.Equal(["$identify", "b", "c"], await ArrivedAsync(3));
        Assert.Single(IdentifyTuples());
        Assert.Equal(2, Mine().Count(a => a.Event == "$identify"));
    }

    [Fact]
    public async Task AProjectThatKnowsTheVisitor_LearnsOfTheUserWithItsNextEvent_WhereverTheLoginWas()
    {
        await TrackAsync("before");
        await Visitor.LoginAsync(Login("login") with { Source = cluster.Source("a") });
        await TrackAsync("after");
        await TrackAsync("later");

        Assert.Equal(["before", "$identify", "after", "later"], await ArrivedAsync(4));
        Assert.All(Mine(), a => Assert.Equal(UserName, Persons().PersonOf(a)));
    }

    [Fact]
    public async Task ManyBrowsersOfOnePerson_AreOnePerson()
    {
        for (var i = 0; i < 3; i++)
        {
            var visitor = cluster.Visitor(VisitorId.New());
            Assert.Equal(TrackOutcome.Stored, await visitor.TrackAsync(cluster.Source(SpidTestCluster.Original), [new TrackedEvent { Name = $"{_name}before{i}" }]));
            await visitor.LoginAsync(Login($"login{i}"));
        }

        Assert.Equal(9, (await ArrivedAsync(9)).Count);
        Assert.All(Mine(), a => Assert.Equal(UserName, Persons().PersonOf(a)));
        Assert.Empty(Persons().Refusals);
    }

    [Fact]
    public async Task TwoPeopleOnOneComputer_StayTwo()
    {
        await TrackAsync("a");
        await Visitor.LoginAsync(Login("first"));
        var second = await Visitor.LoginAsync(Login("second") with { UserId = cluster.UserIdOf("other" + _name) });
        Assert.NotEqual(_visitor, second.VisitorId);
        await cluster.Visitor(second.VisitorId).TrackAsync(cluster.Source(SpidTestCluster.Original), [new TrackedEvent { Name = _name + "b" }]);

        await ArrivedAsync(6);
        var persons = Persons();
        Assert.Empty(persons.Refusals);
        Assert.Equal([UserName], Mine().Where(a => Marker(a) is "a" or "first").Select(persons.PersonOf).Distinct());
        Assert.Equal(["other" + _name], Mine().Where(a => Marker(a) is "second" or "b").Select(persons.PersonOf).Distinct());
    }

    [Fact]
    public async Task BeyondTheIdsThatMixpanelJoins_NoIdentifyIsSent_AndItWasReportedBefore()
    {
        var (nearly, full) = (cluster.Log.Messages(2301).Count, cluster.Log.Messages(2302).Count);
        // With the user's own these are as many as Mixpanel joins, and two more.
        const int visitors = OriginalPersons.IdsMax + 1;

        await Parallel.ForEachAsync(Enumerable.Range(0, visitors), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(VisitorId.New()).LoginAsync(Login($"login{i}"))).Outcome));

        Assert.Equal(visitors + OriginalPersons.IdsMax - 1, (await ArrivedAsync(visitors + OriginalPersons.IdsMax - 1)).Count);
        await cluster.SettleAsync();
        Assert.Equal(OriginalPersons.IdsMax - 1, Mine().Count(a => a.Event == "$identify"));
        Assert.Empty(Persons().Refusals);
        Assert.Equal(51, cluster.Log.Messages(2301).Count - nearly);
        Assert.Equal(2, cluster.Log.Messages(2302).Count - full);
        Assert.DoesNotContain(cluster.Log.Messages(2301).Concat(cluster.Log.Messages(2302)), message => message.Contains(_name, StringComparison.Ordinal));
    }

    private LoginRequest Login(string marker) => new()
    {
        UserId = cluster.UserIdOf(UserName),
        Source = cluster.Source(SpidTestCluster.Original),
        Event = new TrackedEvent { Name = _name + marker, TimeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), InsertId = Guid.NewGuid().ToString() },
    };

    private Task<TrackOutcome> TrackOnceAsync(string marker) => Visitor.TrackAsync(cluster.Source(SpidTestCluster.Original), [new TrackedEvent { Name = _name + marker }]);

    private async Task TrackAsync(string marker) => Assert.Equal(TrackOutcome.Stored, await TrackOnceAsync(marker));

    /// <summary>A broken step says so in its answer or by an exception, as the endpoints expect it.</summary>
    private static async Task FailsAsync(Func<Task<LoginResult>> login)
    {
        try
        {
            Assert.NotEqual(TrackOutcome.Stored, (await login()).Outcome);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
        }
    }

    private List<string> IdentifyTuples() =>
        [.. Mine().Where(a => a.Event == "$identify").Select(a => $"{a.SentDistinctId} {a.Time} {a.InsertId} {a.Json}").Distinct()];

    private OriginalPersons Persons() => new(cluster.StandIn.Arrivals.Snapshot().Where(a => a.Token == "token-original"));

    private List<Arrival> Mine() => [.. cluster.StandIn.Arrivals.Snapshot().Where(a =>
        a.Token == "token-original" && (a.Event.StartsWith(_name, StringComparison.Ordinal) || (a.Event == "$identify" && a.Json.Contains(_name, StringComparison.Ordinal))))];

    private string Marker(Arrival arrival) => arrival.Event == "$identify" ? arrival.Event : arrival.Event[_name.Length..];

    private List<Arrival> First() => [.. Mine().DistinctBy(a => (a.Event, a.InsertId))];

    /// <summary>First arrivals, once there are so many.</summary>
    private async Task<IReadOnlyList<string>> ArrivedAsync(int count)
    {
        await cluster.ArrivalsAsync(_ => First().Count >= count);
        return [.. First().Select(Marker)];
    }
}
