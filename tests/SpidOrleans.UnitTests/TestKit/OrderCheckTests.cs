using Xunit;

namespace SpidOrleans.UnitTests.TestKit;

public sealed class OrderCheckTests
{
    [Fact]
    public void AVisitorsLaterEventThatArrivesFirst_Overtakes() => Assert.StartsWith("overtaken: v:v1: a ", Assert.Single(
        new Story().Tracked("a", "v1").Tracked("b", "v1").Arrived("b", "v1").Arrived("a", "v1").Violations()));

    [Fact]
    public void EventsSentSideBySide_MayArriveInEitherOrder() => Assert.Empty(
        new Story().Sent("a", "v1").Sent("b", "v1").Acknowledged("a").Acknowledged("b").Arrived("b", "v1").Arrived("a", "v1").Violations());

    [Fact]
    public void AnEventOvertakenByOneThatWasNeverAcknowledged_IsOvertaken() => Assert.StartsWith("overtaken: v:v1: a ", Assert.Single(
        new Story().Tracked("a", "v1").Sent("b", "v1").Arrived("b", "v1").Arrived("a", "v1").Violations()));

    [Fact]
    public void OnlyFirstArrivalsCount() => Assert.Empty(
        new Story().Tracked("a", "v1").Tracked("b", "v1").Arrived("a", "v1").Arrived("b", "v1").Arrived("a", "v1").Violations());

    [Fact]
    public void VisitorsOfNobody_HaveNoOrderBetweenThem() => Assert.Empty(
        new Story().Tracked("a", "v1").Tracked("b", "v2").Arrived("b", "v2").Arrived("a", "v1").Violations());

    [Fact]
    public void ALoginThatArrivesBeforeWhatItsVisitorHadTracked_Overtakes() => Assert.StartsWith("overtaken: v:v1: a ", Assert.Single(
        new Story().Tracked("a", "v1").LoggedIn("login", "v1", "u").Arrived("login", "v1", "u").Arrived("a", "v1").Violations()));

    [Fact]
    public void AUsersEventThatArrivesBeforeAnEarlierOneOfALinkedVisitor_Overtakes() => Assert.StartsWith("overtaken: u:u: a ", Assert.Single(
        new Story().LoggedIn("login", "v1", "u").Tracked("a", "v1").Tracked("b", user: "u")
            .Arrived("login", "v1", "u").Arrived("b", user: "u").Arrived("a", "v1", "u").Violations()));

    [Fact]
    public void AUsersEventThatArrivesBeforeWhatAVisitorTrackedBeforeItsLogin_Overtakes() => Assert.Contains(
        new Story().Tracked("a", "v1").LoggedIn("login", "v1", "u").Tracked("b", user: "u")
            .Arrived("login", "v1", "u").Arrived("b", user: "u").Arrived("a", "v1").Violations(),
        violation => violation.StartsWith("overtaken: u:u: a ", StringComparison.Ordinal));

    [Fact]
    public void OneDeviceOvertakingAnotherOfTheSameUser_IsFound() => Assert.StartsWith("overtaken: u:u: a ", Assert.Single(
        new Story().LoggedIn("one", "v1", "u").LoggedIn("two", "v2", "u").Tracked("a", "v1").Tracked("b", "v2")
            .Arrived("one", "v1", "u").Arrived("two", "v2", "u").Arrived("b", "v2", "u").Arrived("a", "v1", "u").Violations()));

    [Fact]
    public void ASecondDevicesLoginThatArrivesBeforeTheUsersEarlierEvent_Overtakes() => Assert.StartsWith("overtaken: u:u: a ", Assert.Single(
        new Story().Tracked("a", user: "u").LoggedIn("login", "v2", "u").Arrived("login", "v2", "u").Arrived("a", user: "u").Violations()));

    [Fact]
    public void BeforeTheLoginWasAcknowledged_VisitorAndUserHaveNoOrderBetweenThem() => Assert.Empty(
        new Story().Tracked("a", "v1").SentLogin("login", "u").Tracked("b", user: "u").Acknowledged("login", "v1")
            .Arrived("b", user: "u").Arrived("a", "v1").Arrived("login", "v1", "u").Violations());
}
