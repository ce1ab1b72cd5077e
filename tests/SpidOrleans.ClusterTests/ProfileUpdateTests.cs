using System.Collections.Immutable;
using System.Text;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>What clients want done to profiles: of users, of visitors who are users later, of groups.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class ProfileUpdateTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private UserId Person => cluster.UserIdOf("told-" + _name);

    private IVisitorGrain Visitor => cluster.Visitor(_visitor);

    private IUserGrain User => cluster.User(Person.ToString());

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync()
    {
        cluster.StandIn.Faults = new FaultQueue();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task WhatAnAnonymousVisitorIsToHave_WaitsForItsLogin_InOrder_AlsoAfterARestart()
    {
        await ChangeAsync(Visitor, "a", ("$set", """{"Plan":"pro"}"""), ("$add", """{"Visits":1}"""));
        await Visitor.TrackAsync(cluster.Source("a"), [new TrackedEvent { Name = _name + "before" }]);
        await ChangeAsync(Visitor, "a", ("$add", """{"Visits":2}"""));
        await ChangeAsync(Visitor, "b", ("$append", """{"Seen":"x"}"""));
        await cluster.ForgetAsync(Visitor);
        await cluster.ArrivalsAsync(all => all.Any(arrival => arrival.Event == _name + "before"));
        Assert.DoesNotContain(cluster.StandIn.Profiles.Snapshot(), change => change.DistinctId == Person.ToString() || change.Json.Contains(_visitor.ToString(), StringComparison.Ordinal));

        await LoginAsync();
        await ChangeAsync(Visitor, "a", ("$unset", """["Plan"]"""));

        var told = await ToldAsync(6);
        Assert.Equal(["$set", "$add", "$add", "$set", "$unset"], told.Where(change => change.Token == "token-a").Select(change => change.Operation));
        Assert.Equal(["""{"Visits":1}""", """{"Visits":2}"""], told.Where(change => change.Operation == "$add").Select(change => change.Argument));
        Assert.Equal("""{"Seen":"x"}""", Assert.Single(told, change => change.Token == "token-b").Argument);
        // Who logs in again has nothing waiting.
        await LoginAsync();
        await cluster.SettleAsync();
        Assert.Equal(2, cluster.StandIn.Profiles.Snapshot().Count(change => change.DistinctId == Person.ToString() && change.Operation == "$add"));
    }

    [Theory]
    [InlineData("move", Moment.Before)]
    [InlineData("move", Moment.After)]
    [InlineData("append", Moment.Before)]
    [InlineData("append", Moment.After)]
    [InlineData("write user", Moment.Before)]
    [InlineData("write user", Moment.After)]
    public async Task WhateverBreaksALogin_WhatWaitedIsDoneOnce(string step, Moment moment)
    {
        await ChangeAsync(Visitor, "a", ("$append", """{"Seen":"x"}"""));
        cluster.Crashes.Plan(step, moment);

        try
        {
            Assert.NotEqual(TrackOutcome.Stored, (await Visitor.LoginAsync(Login)).Outcome);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            // A grain whose state cannot be written fails its call.
        }

        Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(Login)).Outcome);
        Assert.True(cluster.Crashes.AreDone);
        await ToldAsync(2);
        await cluster.SettleAsync();
        Assert.Single(cluster.StandIn.Profiles.Snapshot(), change => change.DistinctId == Person.ToString() && change.Operation == "$append");
    }

    public static TheoryData<string> Unknown => new("reset", "stored", "500", "held");

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task WhenNobodyKnowsWhatBecameOfIt_AnAddIsReportedAndNotRepeated_AndTheRestIs(string fault)
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").Then(fault switch
        {
            "reset" => new Fault.Reset(Stored: false),
            "stored" => new Fault.Reset(Stored: true),
            "500" => new Fault.ServerError(500),
            _ => new Fault.HoldAnswer(TimeSpan.FromSeconds(60)),
        });

        await ChangeAsync(User, "a", ("$add", """{"n":1}"""), ("$set", """{"a":1}"""), ("$append", """{"l":"x"}"""));

        await cluster.StandIn.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == Person.ToString() && change.Operation == "$set"), Patience);
        await cluster.SettleAsync();
        var told = cluster.StandIn.Profiles.Snapshot().Where(change => change.DistinctId == Person.ToString()).Select(change => change.Operation).ToList();
        var isStored = fault is "stored" or "held";
        Assert.Equal(isStored ? ["$add", "$set", "$append", "$set"] : ["$set"], told);
        Assert.Equal(2, await cluster.DeadLettersAsync("a", Person.ProfileKey));
    }

    [Fact]
    public async Task WhenMixpanelCertainlyDidNothing_AnAddIsSentAgain()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").Then(new Fault.Throttle()).Then(new Fault.ServerError(503)).Then(new Fault.Throttle(TimeSpan.FromSeconds(1)));
        await ChangeAsync(User, "a", ("$add", """{"n":1}"""), ("$append", """{"l":"x"}"""));

        Assert.Equal(["$add", "$append"], (await ToldAsync(2)).Select(change => change.Operation));
        await cluster.SettleAsync();
        Assert.Equal(0, await cluster.DeadLettersAsync("a", Person.ProfileKey));
    }

    [Theory]
    [InlineData(Moment.Before)]
    [InlineData(Moment.After)]
    public async Task WhenTheDatabaseIsAwayAfterwards_AnAddIsNotSentAgain(Moment moment)
    {
        cluster.Crashes.Plan("remove", moment);
        await ChangeAsync(User, "a", ("$add", """{"n":1}"""));

        await ToldAsync(1);
        await cluster.SettleAsync();
        Assert.True(cluster.Crashes.AreDone);
        Assert.Single(cluster.StandIn.Profiles.Snapshot(), change => change.DistinctId == Person.ToString());
        Assert.Equal(0, await cluster.DeadLettersAsync("a", Person.ProfileKey));
    }

    [Fact]
    public async Task WhatARetiredVisitorsBrowserSays_IsItsSuccessors_AndABackEndNamesExactlyTheOneItMeans()
    {
        await LoginAsync();
        var next = (await Visitor.LogoutAsync(new LogoutRequest { Source = cluster.Source("a") })).VisitorId;

        Assert.Equal(TrackOutcome.Stored, await Visitor.ChangeProfileAsync(cluster.Source("a"), Updates(("$set", """{"by":"browser"}""")), fromBrowser: true));
        Assert.Equal(TrackOutcome.Stored, await Visitor.ChangeProfileAsync(cluster.Source("a"), Updates(("$set", """{"by":"back end"}"""))));

        Assert.Contains("back end", (await ToldAsync(2))[1].Argument, StringComparison.Ordinal);
        var other = cluster.UserIdOf("other-" + _name);
        await cluster.Visitor(next).LoginAsync(Login with { UserId = other });
        await cluster.StandIn.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == other.ToString() && change.Argument.Contains("browser", StringComparison.Ordinal)), Patience);
    }

    [Fact]
    public async Task AGroupsChanges_ArriveInOrder_WhateverFails()
    {
        cluster.StandIn.Faults = new FaultQueue("token-a").Then(new Fault.Throttle()).Then(new Fault.ServerError(502)).Then(new Fault.Reset(Stored: true));
        var group = new GroupId { GroupKey = "company", Id = "acme-" + _name };

        for (var i = 0; i < 20; i++)
            Assert.Equal(TrackOutcome.Stored, await cluster.Group(group).ChangeAsync(cluster.Source("a"), group, Updates(("$set", $$"""{"n":{{i}}}"""))));

        var told = (await cluster.StandIn.Profiles.WaitAsync(all => all.Any(change => change.DistinctId == group.Id && change.Argument == """{"n":19}"""), Patience))
            .Where(change => change.DistinctId == group.Id).ToList();
        Assert.All(told, change => Assert.Equal(("company", "$set"), (change.GroupKey, change.Operation)));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $$"""{"n":{{i}}}"""), told.Select(change => change.Argument).Distinct());
    }

    [Fact]
    public async Task MoreThanMayWait_IsRefused_AndNothingOfItIsKept()
    {
        var many = Updates([.. Enumerable.Repeat(("$add", """{"n":1}"""), ProfileLimits.HeldMax)]);
        Assert.Equal(TrackOutcome.Stored, await Visitor.ChangeProfileAsync(cluster.Source("a"), many));
        Assert.Equal(TrackOutcome.LaneFull, await Visitor.ChangeProfileAsync(cluster.Source("a"), Updates(("$add", """{"n":1}"""))));

        await LoginAsync();
        Assert.Equal(ProfileLimits.HeldMax + 1, (await ToldAsync(ProfileLimits.HeldMax + 1)).Count);
    }

    private LoginRequest Login => new()
    {
        UserId = Person,
        Source = cluster.Source("a"),
        Event = new TrackedEvent { Name = _name + "login", TimeMs = 1_795_000_000_000, InsertId = "login-1" },
    };

    private async Task LoginAsync() => Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(Login with { Event = new TrackedEvent { Name = _name + "login" } })).Outcome);

    private static ImmutableArray<ProfileUpdate> Updates(params (string Operation, string Argument)[] updates) =>
        [.. updates.Select(update => new ProfileUpdate { Operation = update.Operation, Argument = Encoding.UTF8.GetBytes(update.Argument) })];

    private async Task ChangeAsync(IVisitorGrain visitor, string project, params (string, string)[] updates) =>
        Assert.Equal(TrackOutcome.Stored, await visitor.ChangeProfileAsync(cluster.Source(project), Updates(updates)));

    private async Task ChangeAsync(IUserGrain user, string project, params (string, string)[] updates) =>
        Assert.Equal(TrackOutcome.Stored, await user.ChangeProfileAsync(cluster.Source(project), Updates(updates)));

    private async Task<IReadOnlyList<ProfileArrival>> ToldAsync(int count)
    {
        bool IsOwn(ProfileArrival change) => change.DistinctId == Person.ToString();
        return [.. (await cluster.StandIn.Profiles.WaitAsync(all => all.Count(IsOwn) >= count, Patience)).Where(IsOwn)];
    }
}
