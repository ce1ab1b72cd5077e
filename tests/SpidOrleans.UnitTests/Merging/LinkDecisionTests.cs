using SpidOrleans.Cluster.Merging;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Merging;

public sealed class LinkDecisionTests
{
    private static readonly UserId Anna = User("anna");
    private static readonly UserId Bo = User("bo");
    private static readonly VisitorId Next = VisitorId.New();

    [Fact]
    public void AnAnonymousVisitor_IsLinked() =>
        Assert.IsType<LinkDecision.Link>(LinkDecision.Decide(new VisitorState(), Anna, null));

    [Fact]
    public void TheSamePersonAgain_StaysLinked() =>
        Assert.IsType<LinkDecision.AlreadyLinked>(LinkDecision.Decide(new VisitorState { LinkedUser = Anna }, Anna, null));

    [Fact]
    public void ASecondPerson_NeverGetsTheVisitor() =>
        Assert.IsType<LinkDecision.Conflict>(LinkDecision.Decide(new VisitorState { LinkedUser = Anna }, Bo, "i"));

    [Fact]
    public void TheLoginThatLinked_IsRecognised_EvenAfterTheVisitorWasRetired() =>
        Assert.IsType<LinkDecision.Resend>(LinkDecision.Decide(
            new VisitorState { LinkedUser = Anna, LinkInsertId = "i", Successor = Next }, Anna, "i"));

    [Fact]
    public void AnInsertIdAlone_DoesNotMakeAnotherPersonsLoginAResend() =>
        Assert.IsType<LinkDecision.Conflict>(LinkDecision.Decide(new VisitorState { LinkedUser = Anna, LinkInsertId = "i" }, Bo, "i"));

    [Fact]
    public void ARetiredVisitor_HandsOnToItsSuccessor_WhoeverLogsIn()
    {
        foreach (var user in new[] { Anna, Bo })
        {
            var decision = LinkDecision.Decide(new VisitorState { LinkedUser = Anna, Successor = Next }, user, null);
            Assert.Equal(Next, Assert.IsType<LinkDecision.Forward>(decision).Successor);
        }
    }

    [Theory]
    [InlineData(1_000, 0, null, 0, 1_000)]
    [InlineData(1_000, 0, null, 1_000, 1_001)]
    [InlineData(1_000, 0, 2_000L, 0, 2_001)]
    [InlineData(1_000, 3_000, 2_000L, 0, 3_001)]
    public void TheLinksTime_IsAfterEveryAcceptedEvent(long now, long future, long? pending, long accepted, long expected) =>
        Assert.Equal(expected, LinkDecision.LinkTime(now, new VisitorState { FutureEventMs = future }, pending, accepted));

    private static UserId User(string text) => UserId.TryParse(text, out var id) ? id : throw new ArgumentException(text);
}
