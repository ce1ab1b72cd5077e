using System.Collections.Immutable;
using System.Text.Json;
using SpidOrleans.ClusterTests.Faults;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>What clients say of visitors and users, and where it leaves: with events, and to Mixpanel's profiles of users.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class TraitTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly VisitorId _visitor = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private UserId Person => cluster.UserIdOf("trait-" + _name);

    private IVisitorGrain Visitor => cluster.Visitor(_visitor);

    private IUserGrain User => cluster.User(Person.ToString());

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task AVisitorsTraits_LeaveWithItsEvents_OfTheirClientAlone_AlsoAfterARestart()
    {
        Assert.Equal(TrackOutcome.Stored, await TrackAsync("before"));
        await SetAsync(Visitor, Client("news"), ("Plan", "\"pro\"", 10), ("Goals", "12", 10));
        await SetAsync(Visitor, Client("shop"), ("Plan", "\"basic\"", 10));
        await cluster.ForgetAsync(Visitor);
        await TrackAsync("news");
        await TrackAsync("shop", Client("shop"));
        await TrackAsync("other", Client("other"));

        var arrivals = await ArrivedAsync(4);
        Assert.Equal("{}", TraitsOf(arrivals, "before"));
        Assert.Equal("""{"Goals":12,"Plan":"pro"}""", TraitsOf(arrivals, "news"));
        Assert.Equal("""{"Plan":"basic"}""", TraitsOf(arrivals, "shop"));
        Assert.Equal("{}", TraitsOf(arrivals, "other"));
        Assert.Equal("Goals,Plan", Names(await Visitor.GetTraitsAsync("news")));
        Assert.Equal("Plan", Names(await Visitor.GetTraitsAsync("shop")));
        Assert.Null(await Visitor.GetTraitsAsync("other"));
        // An anonymous visitor has no profile at Mixpanel.
        Assert.DoesNotContain(cluster.StandIn.Profiles.Snapshot(), change => change.Json.Contains(_visitor.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task AtLogin_TheVisitorsTraitsBecomeTheUsers_OfEachNameTheLater_AndTheProfileIsTold()
    {
        await SetAsync(User, Client("news"), ("Plan", "\"old\"", 10), ("Newer", "\"user\"", 30), ("Own", "1", 10));
        await SetAsync(Visitor, Client("news"), ("Plan", "\"new\"", 20), ("Newer", "\"visitor\"", 20), ("Visit", "true", 20));
        await SetAsync(Visitor, Client("shop", project: "b"), ("Cart", "3", 20));
        await TrackAsync("before");
        await LoginAsync("login");
        await cluster.ForgetAsync(Visitor, User);
        await TrackAsync("after");
        await User.TrackAsync(Client("news"), [new TrackedEvent { Name = _name + "backend" }]);

        const string merged = """{"Newer":"user","Own":1,"Plan":"new","Visit":true}""";
        var arrivals = await ArrivedAsync(4);
        Assert.Equal("""{"Newer":"visitor","Plan":"new","Visit":true}""", TraitsOf(arrivals, "before"));
        foreach (var marker in new[] { "login", "after", "backend" }) Assert.Equal(merged, TraitsOf(arrivals, marker));
        Assert.Equal("Newer,Own,Plan,Visit", Names(await User.GetTraitsAsync("news")));
        Assert.Equal("Cart", Names(await User.GetTraitsAsync("shop")));

        var changes = await ToldAsync(3);
        Assert.Equal("""{"Newer":"user","Own":1,"Plan":"old"}""", changes.First(change => change.Token == "token-a").Argument);
        var told = JsonDocument.Parse(changes.Last(change => change.Token == "token-a").Argument).RootElement;
        Assert.Equal("new", told.GetProperty("Plan").GetString());
        Assert.Equal(told.GetProperty("Last login").GetString(), told.GetProperty("Last authenticated").GetString());
        Assert.Equal("""{"Cart":3}""", Assert.Single(changes, change => change.Token == "token-b").Argument);
        Assert.True(arrivals.First(a => a.Event == _name + "login").Request < changes.Last(change => change.Token == "token-a").Request);
    }

    [Fact]
    public async Task ALateEventFromBeforeTheLogin_CarriesTheVisitorsTraits_NotTheUsers()
    {
        await SetAsync(Visitor, Client("news"), ("Visit", "1", 10));
        var late = new TrackedEvent { Name = _name + "late", TimeMs = Now() - 60_000, InsertId = Guid.NewGuid().ToString() };
        await LoginAsync("login");
        await SetAsync(User, Client("news"), ("Own", "1", 10));

        await Visitor.TrackAsync(Client("news"), [late]);

        var arrivals = await ArrivedAsync(2);
        Assert.Equal("""{"Visit":1}""", TraitsOf(arrivals, "late"));
        Assert.Null(arrivals.First(a => a.Event == late.Name).UserId);
    }

    [Fact]
    public async Task ShownAgainOrLate_AnOlderSetUndoesNothing_OnAVisitorOrAUser_NotEvenWhatWasTakenAway()
    {
        (string, string?, long) older = ("Plan", "\"pro\"", 10);
        await SetAsync(Visitor, Client("news"), older);
        await SetAsync(Visitor, Client("news"), ("Plan", "\"basic\"", 20));
        await SetAsync(Visitor, Client("news"), older);
        Assert.Equal("\"basic\"", (await Visitor.GetTraitsAsync("news"))!.Set.Single().Json);

        // A set whose time lies ahead, shown after the client's own word.
        (string, string?, long) ahead = ("Plan", "\"pro\"", Now() + 3_000_000);
        await SetAsync(User, Client("news"), ahead);
        Assert.Equal(TrackOutcome.Stored, (await User.RemoveTraitAsync(Client("news"), "Plan")).Outcome);
        await cluster.ForgetAsync(User);
        Assert.Empty((await SetAsync(User, Client("news"), ahead)).Traits!.Set);
        await LoginAsync("login");
        Assert.Equal("", Names(await User.GetTraitsAsync("news")));
        await User.SetTraitsAsync(Client("news"), [new Trait { Name = "Plan", Json = "\"mine\"" }], isTrusted: true);
        Assert.Equal("\"mine\"", (await SetAsync(User, Client("news"), ahead)).Traits!.Set.Single().Json);

        // Set, taken away, login, set.
        Assert.Equal(["$set", "$unset", "$set", "$set"], (await ToldAsync(4)).Select(change => change.Operation));
    }

    [Fact]
    public async Task TooMuch_IsRefusedAndChangesNothing()
    {
        var many = Enumerable.Range(0, TraitLimits.CountMax).Select(i => ($"t{i}", (string?)"1", 10L)).ToArray();
        foreach (var set in new Func<(string, string?, long)[], Task<TraitsResult>>[] { t => SetAsync(Visitor, Client("news"), t), t => SetAsync(User, Client("news"), t) })
        {
            Assert.False((await set(many)).IsTooMuch);
            Assert.True((await set([("more", "1", 10)])).IsTooMuch);
            Assert.Equal(TraitLimits.CountMax, (await set([])).Traits!.Set.Count());
        }

        Assert.Single(await ToldAsync(1));
    }

    [Fact]
    public async Task ClientsOfOneProject_ShareItsProfile_OfEachNameTheLatestValueStands_UntilNobodySaysAnything()
    {
        await SetAsync(User, Client("news"), ("Plan", "\"news\"", 10), ("Goals", "1", 10));
        await SetAsync(User, Client("shop"), ("Plan", "\"shop\"", 20));
        await SetAsync(User, Client("else", project: "b"), ("Plan", "\"else\"", 30));
        await SetAsync(User, Client("news"), ("Goals", "2", 30));
        Stored(await User.RemoveTraitAsync(Client("shop"), "Plan"));
        Stored(await User.RemoveTraitAsync(Client("news"), "Plan"));
        await cluster.ForgetAsync(User);
        await LoginAsync("login");

        var changes = await ToldAsync(7);
        Assert.Equal(
            [
                """{"Goals":1,"Plan":"news"}""",
                """{"Plan":"shop"}""",
                // The older word of one client does not undo the later one of another.
                """{"Goals":2,"Plan":"shop"}""",
                """{"Plan":"news"}""",
                """["Plan"]""",
            ],
            changes.Where(change => change.Token == "token-a").Take(5).Select(change => change.Argument));
        Assert.Equal("""{"Plan":"else"}""", Assert.Single(changes, change => change.Token == "token-b").Argument);
        Assert.Equal(["$set", "$set", "$set", "$set", "$unset"], changes.Where(change => change.Token == "token-a").Take(5).Select(change => change.Operation));
    }

    [Fact]
    public async Task AProfile_IsToldOfLocaleAndBirthday_AndOfNothingElse()
    {
        await User.SetProfileAsync(Client("news"), new UserProfile { Gender = "female", GivenName = "Ann" });
        await User.SetProfileAsync(Client("news"), new UserProfile { Locale = "nb_NO" });
        await User.SetProfileAsync(Client("news"), new UserProfile { Birthday = new DateOnly(1990, 11, 23) });

        var changes = await ToldAsync(2);
        Assert.Equal(["""{"Locale":"nb_NO"}""", """{"Locale":"nb_NO","Birthday":"1990-11-23"}"""], changes.Select(change => change.Argument));
        Assert.All(changes, change => Assert.Contains("\"$ip\":\"0\",\"$ignore_time\":true", change.Json, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("append", Moment.Before)]
    [InlineData("append", Moment.After)]
    [InlineData("write user", Moment.Before)]
    [InlineData("write user", Moment.After)]
    public async Task AChange_BrokenAtAnyStep_IsMadeGoodByItsRepeat(string step, Moment moment)
    {
        cluster.Crashes.Plan(step, moment);

        await FailsAsync(async () => (await SetAsync(User, Client("news"), ("Plan", "\"pro\"", 10), isRaw: true)).Outcome);
        Assert.Equal("Plan", Names((await SetAsync(User, Client("news"), ("Plan", "\"pro\"", 10), isRaw: false)).Traits));

        Assert.True(cluster.Crashes.AreDone);
        await cluster.ForgetAsync(User);
        Assert.Equal("Plan", Names(await User.GetTraitsAsync("news")));
        Assert.All(await ToldAsync(1), change => Assert.Equal("""{"Plan":"pro"}""", change.Argument));
    }

    [Theory]
    [InlineData("append", Moment.Before)]
    [InlineData("append", Moment.After)]
    [InlineData("write user", Moment.Before)]
    [InlineData("write user", Moment.After)]
    [InlineData("move", Moment.After)]
    public async Task ALogin_BrokenAtAnyStep_TellsTheProfileAllTheSame(string step, Moment moment)
    {
        await SetAsync(Visitor, Client("news"), ("Visit", "1", 10));
        var login = Login("login");
        cluster.Crashes.Plan(step, moment);
        await FailsAsync(async () => (await Visitor.LoginAsync(login)).Outcome);

        Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(login)).Outcome);

        Assert.True(cluster.Crashes.AreDone);
        var changes = await ToldAsync(1);
        Assert.All(changes, change => Assert.Contains("\"Visit\":1", change.Argument, StringComparison.Ordinal));
        Assert.Equal("Visit", Names(await User.GetTraitsAsync("news")));
    }

    [Fact]
    public async Task WhileMixpanelIsAway_ChangesWait_WithoutCountingAsEvents_AndAreRefusedWhenTooMany()
    {
        await cluster.StandIn.GoAwayAsync();
        try
        {
            await LoginAsync("login");
            for (var i = 1; i < SpidTestCluster.PendingPerLane; i++) await SetAsync(User, Client("news"), ("n", $"{i}", i));

            Assert.Equal(1, (await User.DescribeAsync("a")).Pending);
            var refused = await User.SetTraitsAsync(Client("news"), [new Trait { Name = "n", Json = "0", SetAtMs = 5_000 }], isTrusted: false);
            Assert.Equal(TrackOutcome.LaneFull, refused.Outcome);
            Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(Login("again"))).Outcome);
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        var told = await ToldAsync(SpidTestCluster.PendingPerLane + 1);
        Assert.Equal(Enumerable.Range(1, SpidTestCluster.PendingPerLane - 1), told.Where(c => !c.Argument.Contains("Last", StringComparison.Ordinal))
            .Select(c => JsonDocument.Parse(c.Argument).RootElement.GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task APoisonChange_BecomesADeadLetter_AndTheOthersAreCarriedOut()
    {
        cluster.StandIn.PoisonProfile = change => change.DistinctId == Person.ToString() && change.Argument.Contains("poison", StringComparison.Ordinal) ? "poison" : null;
        try
        {
            await SetAsync(User, Client("news"), ("a", "1", 1));
            // Of several in one request Mixpanel takes the good ones and says nothing of the others.
            await cluster.SettleAsync();
            await SetAsync(User, Client("news"), ("a", "\"poison\"", 2));
            await TrackUserAsync("event");
            await cluster.SettleAsync();
            Assert.Equal(1, await cluster.DeadLettersAsync("a", Person.ProfileKey));
            await SetAsync(User, Client("news"), ("a", "3", 3));
            await ArrivedAsync(1);
            Assert.Equal(["""{"a":1}""", """{"a":3}"""], (await ToldAsync(2)).Select(change => change.Argument));
        }
        finally
        {
            cluster.StandIn.PoisonProfile = null;
        }
    }

    private static EventSource Client(string id, string project = "a") => new() { ClientName = "Test", Project = project, ClientId = id };

    private static string Names(ClientTraits? traits) => string.Join(',', traits?.Set.Select(trait => trait.Name) ?? []);

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private static ImmutableArray<Trait> Traits((string Name, string? Json, long AtMs)[] traits) =>
        [.. traits.Select(trait => new Trait { Name = trait.Name, Json = trait.Json, SetAtMs = trait.AtMs })];

    private static async Task<TraitsResult> SetAsync(IVisitorGrain visitor, EventSource source, params (string Name, string? Json, long AtMs)[] traits) =>
        Stored(await visitor.SetTraitsAsync(source, Traits(traits)));

    private static async Task<TraitsResult> SetAsync(IUserGrain user, EventSource source, params (string Name, string? Json, long AtMs)[] traits) =>
        Stored(await user.SetTraitsAsync(source, Traits(traits), isTrusted: false));

    private static async Task<TraitsResult> SetAsync(IUserGrain user, EventSource source, (string Name, string? Json, long AtMs) trait, bool isRaw) =>
        await user.SetTraitsAsync(source, Traits([trait]), isTrusted: false) is var result && isRaw ? result : Stored(result);

    private static TraitsResult Stored(TraitsResult result)
    {
        Assert.Equal(TrackOutcome.Stored, result.Outcome);
        return result;
    }

    /// <summary>A broken call says so, by its outcome or by throwing; it must not look like success.</summary>
    private static async Task FailsAsync(Func<Task<TrackOutcome>> call)
    {
        try
        {
            Assert.NotEqual(TrackOutcome.Stored, await call());
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
        }
    }

    private LoginRequest Login(string marker) => new()
    {
        UserId = Person,
        Source = Client("news"),
        Event = new TrackedEvent { Name = _name + marker, TimeMs = Now(), InsertId = Guid.NewGuid().ToString() },
    };

    private async Task LoginAsync(string marker) => Assert.Equal(TrackOutcome.Stored, (await Visitor.LoginAsync(Login(marker))).Outcome);

    private Task<TrackOutcome> TrackAsync(string marker, EventSource? source = null) =>
        Visitor.TrackAsync(source ?? Client("news"), [new TrackedEvent { Name = _name + marker }]);

    private async Task TrackUserAsync(string marker) =>
        Assert.Equal(TrackOutcome.Stored, await User.TrackAsync(Client("news"), [new TrackedEvent { Name = _name + marker }]));

    private Task<IReadOnlyList<Arrival>> ArrivedAsync(int count) =>
        cluster.ArrivalsAsync(all => all.Where(a => a.Event.StartsWith(_name, StringComparison.Ordinal)).DistinctBy(a => a.Event).Count() >= count);

    /// <summary>The changes of this test's user, once there are so many.</summary>
    private async Task<IReadOnlyList<ProfileArrival>> ToldAsync(int count)
    {
        var all = await cluster.StandIn.Profiles.WaitAsync(changes => changes.Count(IsMine) >= count, Patience);
        return [.. all.Where(IsMine)];

        bool IsMine(ProfileArrival change) => change.DistinctId == Person.ToString();
    }

    /// <summary>An event's own and its traits, without what the platform says.</summary>
    private string TraitsOf(IReadOnlyList<Arrival> arrivals, string marker)
    {
        string[] platforms = ["time", "$insert_id", "$device_id", "$user_id", "Version", "Revision", "Client", "SPiD ID"];
        using var e = JsonDocument.Parse(arrivals.First(a => a.Event == _name + marker).Json);
        return "{" + string.Join(',', e.RootElement.GetProperty("properties").EnumerateObject().Where(p => !platforms.Contains(p.Name))
            .OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"\"{p.Name}\":{p.Value.GetRawText()}")) + "}";
    }
}
