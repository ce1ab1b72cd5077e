using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Who wants no tracking. Each test has its own visitors, user and event names.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class ConsentTests(SpidTestCluster cluster) : IAsyncLifetime
{
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly VisitorId _other = VisitorId.New();
    private readonly string _name = Guid.NewGuid().ToString("N");

    private UserId User => cluster.UserIdOf("user-" + _name);

    public async ValueTask InitializeAsync() => await cluster.SettleAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ARefusal_DiscardsWhatWaits_AndWhatComesLater_UntilItIsTakenBack(int silo)
    {
        await cluster.StandIn.GoAwayAsync();
        try
        {
            foreach (var project in SpidTestCluster.Projects) Assert.Equal(new IntakeResult(TrackOutcome.Stored), await TrackAsync(silo, "before", project, _visitor));
            Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_visitor).SetConsentAsync(false));
            foreach (var project in SpidTestCluster.Projects) Assert.Equal(0, (await cluster.Visitor(_visitor).DescribeAsync(project)).Pending);
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        foreach (var way in new[] { 0, 1 }) Assert.Equal(new IntakeResult(TrackOutcome.Stored, 1), await TrackAsync(way, "refused", "a", _visitor));
        // Others of the same request are taken.
        Assert.Equal(new IntakeResult(TrackOutcome.Stored, 1), await TrackAsync(silo, "other", "a", _visitor, _other));
        await cluster.ForgetAsync(cluster.Visitor(_visitor));
        Assert.Equal(new IntakeResult(TrackOutcome.Stored, 1), await TrackAsync(silo, "refused", "a", _visitor));
        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_visitor).SetConsentAsync(true));
        Assert.Equal(new IntakeResult(TrackOutcome.Stored), await TrackAsync(silo, "again", "a", _visitor));

        await cluster.SettleAsync();
        Assert.Equal([_name + "again", _name + "other"], Arrived().Order());
    }

    [Fact]
    public async Task ARefusalBeforeTheLogin_BecomesTheUsers_AndNothingTellsMixpanelOfEither()
    {
        await cluster.Visitor(_visitor).SetConsentAsync(false);

        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_visitor).LoginAsync(Login())).Outcome);
        Assert.Equal(User, (await cluster.Visitor(_visitor).DescribeAsync("a")).UserId);
        Assert.Equal(TrackOutcome.Discarded, await cluster.User(User.ToString()).TrackAsync(cluster.Source("a"), [Event("user")]));
        // And of another browser, which was tracked until now.
        await cluster.StandIn.GoAwayAsync();
        try
        {
            await TrackAsync(0, "other", "a", _other);
            Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_other).LoginAsync(Login())).Outcome);
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        Assert.Equal(new IntakeResult(TrackOutcome.Stored, 1), await TrackAsync(0, "other", "a", _other));
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_other).LoginAsync(Login())).Outcome);
        Assert.Equal(TrackOutcome.Stored, (await cluster.Visitor(_other).LogoutAsync(new LogoutRequest { Source = cluster.Source("a") })).Outcome);
        await cluster.SettleAsync();
        Assert.Empty(Arrived());
        Assert.DoesNotContain(cluster.StandIn.Profiles.Snapshot(), profile => profile.Json.Contains(_name));
    }

    [Fact]
    public async Task AUsersRefusal_HoldsForItsVisitors_AndItsConsentTakesItBack()
    {
        await cluster.Visitor(_visitor).LoginAsync(Login());
        await cluster.Visitor(_other).LoginAsync(Login());
        await cluster.SettleAsync();
        await cluster.StandIn.GoAwayAsync();
        try
        {
            await TrackAsync(0, "waits", "b", _visitor);
            Assert.Equal(TrackOutcome.Stored, await cluster.User(User.ToString()).SetConsentAsync(false));
            Assert.Equal(0, (await cluster.User(User.ToString()).DescribeAsync("b")).Pending);
            Assert.True((await cluster.User(User.ToString()).GetAccountAsync()).IsTrackingRefused);
        }
        finally
        {
            await cluster.StandIn.ComeBackAsync();
        }

        foreach (var visitor in new[] { _visitor, _other }) Assert.Equal(1, (await TrackAsync(1, "refused", "b", visitor)).Discarded);
        Assert.Equal(TrackOutcome.Stored, await cluster.User(User.ToString()).SetConsentAsync(true));
        Assert.Equal(0, (await TrackAsync(1, "again", "b", _visitor)).Discarded);
        Assert.False((await cluster.User(User.ToString()).GetAccountAsync()).IsTrackingRefused);
        // Said of one browser, a refusal holds for its person; and that browser's own stays when the person's is taken back.
        Assert.Equal(TrackOutcome.Stored, await cluster.Visitor(_other).SetConsentAsync(false));
        Assert.Equal(1, (await TrackAsync(1, "refused", "b", _visitor)).Discarded);
        Assert.Equal(TrackOutcome.Stored, await cluster.User(User.ToString()).SetConsentAsync(true));
        Assert.Equal((0, 1), ((await TrackAsync(0, "again", "b", _visitor)).Discarded, (await TrackAsync(0, "refused", "b", _other)).Discarded));
        await cluster.SettleAsync();
        Assert.All(Arrived().Where(name => name != _name + "Login"), name => Assert.Equal(_name + "again", name));
    }

    [Fact]
    public async Task AnOldCopyOfACookie_DecidesNothingForWhoCameAfterIt()
    {
        KeyDigest copy = KeyDigest.Of([1, 2, 3]), own = KeyDigest.Of([4, 5, 6]), next = KeyDigest.Of([7, 8, 9]);
        var visitor = cluster.Visitor(_visitor);
        // Nobody has come yet: whoever shows the cookie is the browser.
        Assert.Equal(TrackOutcome.Stored, await visitor.SetBrowsersConsentAsync(true, copy));
        Assert.Equal(TrackOutcome.Stored, (await visitor.LoginAsync(Login() with { BrowserKey = own })).Outcome);
        Assert.Equal(TrackOutcome.Stranger, await visitor.SetBrowsersConsentAsync(false, copy));
        Assert.Equal(0, (await TrackAsync(0, "tracked", "a", _visitor)).Discarded);

        Assert.Equal(TrackOutcome.Stored, await visitor.SetBrowsersConsentAsync(false, own));
        Assert.Equal(1, (await TrackAsync(0, "refused", "a", _visitor)).Discarded);
        Assert.Equal(TrackOutcome.Stranger, await visitor.SetBrowsersConsentAsync(true, copy));
        Assert.Equal(1, (await TrackAsync(0, "refused", "a", _visitor)).Discarded);

        // Retired, and its browser has the successor's cookie already.
        await visitor.LogoutAsync(new LogoutRequest { Source = cluster.Source("a"), FromBrowser = true, BrowserKey = own, NextKey = next });
        Assert.Equal(TrackOutcome.Stranger, await visitor.SetBrowsersConsentAsync(true, own));
        Assert.True((await cluster.User(User.ToString()).GetAccountAsync()).IsTrackingRefused);
    }

    private IEnumerable<string> Arrived() =>
        cluster.StandIn.Arrivals.Snapshot().Select(arrival => arrival.Event).Where(name => name.StartsWith(_name, StringComparison.Ordinal)).Distinct();

    private LoginRequest Login() => new() { UserId = User, Source = cluster.Source("a"), Event = Event("Login") };

    private Task<IntakeResult> TrackAsync(int silo, string which, string project, params VisitorId[] visitors) => cluster.Intake(silo).TrackAsync(
        cluster.Source(project), [.. visitors.Select(visitor => new IdentityEvents { Visitor = visitor, Events = [Event(which)] })]);

    private TrackedEvent Event(string which) => new() { Name = _name + which };
}
