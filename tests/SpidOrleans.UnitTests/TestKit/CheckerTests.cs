using Xunit;

namespace SpidOrleans.UnitTests.TestKit;

public sealed class CheckerTests
{
    [Fact]
    public void ARunThatKeptEveryPromise_HasNoViolation() => Assert.Empty(new Story()
        .Tracked("a", visitor: "v1").Tracked("b", user: "u")
        .LoggedIn("login", "v1", "u").Tracked("c", visitor: "v1").Tracked("d", user: "u")
        .Arrived("b", user: "u").Arrived("a", "v1").Arrived("login", "v1", "u").Arrived("c", "v1", "u").Arrived("a", "v1").Arrived("d", user: "u")
        .Violations());

    [Fact]
    public void AnAcknowledgedEventThatNeverArrived_IsLost() =>
        Assert.StartsWith("lost: a ", Assert.Single(new Story().Tracked("a", "v1").Tracked("b", "v1").Arrived("b", "v1").Violations()));

    [Fact]
    public void AnEventThatWasNeverAcknowledged_NeedNotArrive() => Assert.Empty(new Story().Sent("a", "v1").Violations());

    [Fact]
    public void ARefusedEvent_NeedNotArrive() => Assert.Empty(new Story().Tracked("a", "v1").Violations(refused: "a"));

    [Fact]
    public void AnArrivalInAnotherProject_IsLostAndUnknownThere()
    {
        var violations = new Story().Tracked("a", "v1").Arrived("a", "v1", token: "other").Violations();

        Assert.Collection(violations, lost => Assert.StartsWith("lost: a ", lost), unknown => Assert.StartsWith("unknown: a ", unknown));
    }

    [Fact]
    public void AnArrivalThatNobodySent_IsUnknown() =>
        Assert.StartsWith("unknown: x ", Assert.Single(new Story().Arrived("x", "v1").Violations()));

    [Fact]
    public void ARepeatWithAnotherTime_CountsTwice() => Assert.StartsWith("counts twice: a ", Assert.Single(
        new Story().Tracked("a", "v1").Arrived("a", "v1").Arrived("a", "v1", time: "2").Violations()));

    [Fact]
    public void ARepeatWithAnotherInsertId_CountsTwice() => Assert.StartsWith("counts twice: a ", Assert.Single(
        new Story().Tracked("a", "v1").Arrived("a", "v1").Arrived("a", "v1", insertId: "another").Violations()));

    [Fact]
    public void ARepeatStampedWithTheUser_CountsTwice() => Assert.StartsWith("counts twice: a ", Assert.Single(
        new Story().Tracked("a", "v1").Arrived("a", "v1").Arrived("a", "v1", "u").Violations()));

    [Fact]
    public void TwoEventsWithOneTuple_CountAsOne() => Assert.StartsWith("counts as one: a ", Assert.Single(
        new Story().Tracked("a", "v1").Tracked("b", "v1").Arrived("a", "v1", insertId: "same").Arrived("b", "v1", insertId: "same").Violations()));

    [Fact]
    public void AnEventUnderAnotherVisitor_IsWrong() =>
        Assert.StartsWith("wrong visitor: a ", Assert.Single(new Story().Tracked("a", "v1").Arrived("a", "v2").Violations()));

    [Fact]
    public void AnEventUnderAnotherUser_IsWrong() =>
        Assert.StartsWith("wrong user: a ", Assert.Single(new Story().Tracked("a", user: "u").Arrived("a", user: "w").Violations()));

    [Fact]
    public void ADeviceWithEventsOfTwoUsers_IsShared() => Assert.Equal("shared device: v1 carries events of u and w", Assert.Single(
        new Story().LoggedIn("a", "v1", "u").LoggedIn("b", "v1", "w").Arrived("a", "v1", "u").Arrived("b", "v1", "w").Violations()));
}
