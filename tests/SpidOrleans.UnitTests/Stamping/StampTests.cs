using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Stamping;

public sealed class StampTests
{
    private static readonly TrackedEvent Event = new() { Name = "x" };

    [Theory]
    [InlineData(999, false, false)]
    [InlineData(1_000, false, true)]
    [InlineData(1_001, false, true)]
    [InlineData(999, true, true)]
    public void For_ALinkedVisitor_CarriesTheUserExactlyFromTheLinkOn(long time, bool carriesLogin, bool carriesUser)
    {
        Assert.True(UserId.TryParse("a", out var user));
        var visitor = new LinkedVisitor { VisitorId = VisitorId.New(), LinkedAtMs = 1_000, CarriesLogin = carriesLogin };

        var stamp = Stamp.For(Event, time, user, UserProfile.Empty, visitor);

        Assert.Equal(visitor.VisitorId, stamp.Device);
        Assert.Equal(carriesUser ? user : null, stamp.User);
        Assert.Equal(carriesUser, stamp.Profile is not null);
    }

    [Fact]
    public void LaneClock_NeverRepeatsAndNeverGoesBack()
    {
        var clock = new LaneClock();
        long[] nows = [1_000, 1_000, 1_000, 500, 2_000, 2_000];

        var times = nows.Select(now => clock.Next(now)).ToArray();

        Assert.Equal([1_000, 1_001, 1_002, 1_003, 2_000, 2_001], times);
    }

    [Fact]
    public void LaneClock_FollowsAGivenTime_ButNotIntoTheFuture()
    {
        var clock = new LaneClock();
        clock.Observe(900, nowMs: 1_000);
        clock.Observe(5_000, nowMs: 1_000);
        Assert.Equal(1_000, clock.Next(1_000));
        clock.Observe(1_000, nowMs: 1_000);
        Assert.Equal(1_001, clock.Next(1_000));
    }

    [Fact]
    public void RecentEvents_KnowAResendByItsWholeTuple()
    {
        var recent = new RecentEvents();
        var first = new TrackedEvent { Name = "x", TimeMs = 1, InsertId = "a" };
        recent.Add([first]);

        Assert.Empty(recent.Unknown([first with { UserAgent = "other" }]));
        Assert.Single(recent.Unknown([first with { Name = "y" }]));
        Assert.Single(recent.Unknown([first with { TimeMs = 2 }]));
        Assert.Single(recent.Unknown([first with { InsertId = "b" }]));
        Assert.Single(recent.Unknown([Event]));
    }

    [Fact]
    public void RecentEvents_DropARepeatWithinOneCall_AndKeepTheOrder()
    {
        var recent = new RecentEvents();
        TrackedEvent Named(string insertId) => new() { Name = "x", TimeMs = 1, InsertId = insertId };

        var unknown = recent.Unknown([Named("a"), Named("b"), Named("a"), Event, Event]);

        Assert.Equal(["a", "b", null, null], unknown.Select(e => e.InsertId));
    }

    [Fact]
    public void RecentEvents_ForgetTheOldest()
    {
        var recent = new RecentEvents();
        for (var i = 0; i <= RecentEvents.CountMax; i++) recent.Add([new TrackedEvent { Name = "x", TimeMs = i, InsertId = "a" }]);

        Assert.Single(recent.Unknown([new TrackedEvent { Name = "x", TimeMs = 0, InsertId = "a" }]));
        Assert.Empty(recent.Unknown([new TrackedEvent { Name = "x", TimeMs = 1, InsertId = "a" }]));
    }
}
