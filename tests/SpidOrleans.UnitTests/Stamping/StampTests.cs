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

        var times = nows.Select(now => clock.Take(1, now)).ToArray();

        Assert.Equal([1_000, 1_001, 1_002, 1_003, 2_000, 2_001], times);
    }

    [Fact]
    public void LaneClock_DatesABatchBack_SoThatItsLastEventIsNow()
    {
        var clock = new LaneClock();
        Assert.Equal(8_001, clock.Take(2_000, nowMs: 10_000));
        Assert.Equal(10_001, clock.Take(3, nowMs: 10_000));
        Assert.Equal(19_998, clock.Take(3, nowMs: 20_000));
    }

    [Fact]
    public void LaneClock_ComesBack_WhenTheSystemsClockWasSetBack()
    {
        var clock = new LaneClock();
        clock.Take(1, nowMs: 3_600_000);
        Assert.Equal(10_000, clock.Take(1, nowMs: 10_000));
    }

    [Fact]
    public void LaneClock_FollowsAGivenTime_ButNotIntoTheFuture()
    {
        var clock = new LaneClock();
        clock.Observe(900, nowMs: 1_000);
        clock.Observe(3_000, nowMs: 1_000);
        Assert.Equal(1_000, clock.Take(1, 1_000));
        clock.Observe(1_001, nowMs: 1_001);
        Assert.Equal(1_002, clock.Take(1, 1_001));
    }

    [Fact]
    public void LaneClock_KeepsTheSendersTimes_AndFillsTheRest()
    {
        var times = new LaneClock().TimesOf([Event, Event with { TimeMs = 7 }, Event], nowMs: 1_000);
        Assert.Equal([999, 7, 1_000], times);
    }

    [Fact]
    public void RecentEvents_KnowAResendByItsWholeTuple()
    {
        var recent = new RecentEvents();
        var first = new TrackedEvent { Name = "x", TimeMs = 1, InsertId = "a" };
        recent.Add("p", [first]);

        Assert.Empty(recent.Unknown("p", [first with { UserAgent = "other" }]));
        Assert.Single(recent.Unknown("p", [first with { Name = "y" }]));
        Assert.Single(recent.Unknown("p", [first with { TimeMs = 2 }]));
        Assert.Single(recent.Unknown("p", [first with { InsertId = "b" }]));
        Assert.Single(recent.Unknown("p", [Event]));
        Assert.Single(recent.Unknown("q", [first]));
    }

    [Fact]
    public void RecentEvents_DropARepeatWithinOneCall_AndKeepTheOrder()
    {
        var recent = new RecentEvents();
        TrackedEvent Named(string insertId) => new() { Name = "x", TimeMs = 1, InsertId = insertId };

        var unknown = recent.Unknown("p", [Named("a"), Named("b"), Named("a"), Event, Event]);

        Assert.Equal(["a", "b", null, null], unknown.Select(e => e.InsertId));
    }

    [Fact]
    public void RecentEvents_ForgetTheOldest()
    {
        var recent = new RecentEvents();
        for (var i = 0; i <= RecentEvents.CountMax; i++) recent.Add("p", [new TrackedEvent { Name = "x", TimeMs = i, InsertId = "a" }]);

        Assert.Single(recent.Unknown("p", [new TrackedEvent { Name = "x", TimeMs = 0, InsertId = "a" }]));
        Assert.Empty(recent.Unknown("p", [new TrackedEvent { Name = "x", TimeMs = 1, InsertId = "a" }]));
    }
}
