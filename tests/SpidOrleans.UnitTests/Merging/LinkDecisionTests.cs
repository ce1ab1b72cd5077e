using SpidOrleans.Cluster.Merging;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Events;
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
    public void AnAnsweredLogin_GetsItsAnswerAgain_EvenAfterTheVisitorWasRetired()
    {
        var answer = new AnsweredLogin { Key = "k", VisitorId = VisitorId.New(), Merged = 3 };
        var visitor = new VisitorState { LinkedUser = Anna, Logins = [answer], Successor = Next };
        Assert.Equal(answer, Assert.IsType<LinkDecision.Resend>(LinkDecision.Decide(visitor, Bo, "k")).Answer);
    }

    [Fact]
    public void ALoginsKey_IsItsTuple_ItsPersonAndItsProject()
    {
        var login = new LoginRequest
        {
            UserId = Anna,
            Source = new EventSource { ClientName = "c", Project = "p" },
            Event = new TrackedEvent { Name = "Login", TimeMs = 1, InsertId = "i" },
        };
        LoginRequest[] others =
        [
            login with { UserId = Bo },
            login with { Source = new EventSource { ClientName = "c", Project = "q" } },
            login with { Event = login.Event with { Name = "Signup completed" } },
            login with { Event = login.Event with { TimeMs = 2 } },
            login with { Event = login.Event with { InsertId = "j" } },
        ];

        Assert.Equal(AnsweredLogin.KeyOf(login), AnsweredLogin.KeyOf(login with { Tracking = new Tracking() }));
        Assert.Equal(6, others.Append(login).Select(AnsweredLogin.KeyOf).Distinct().Count());
        Assert.Null(AnsweredLogin.KeyOf(login with { Event = new TrackedEvent { Name = "Login" } }));
    }

    [Fact]
    public void AnsweredLogins_AreBounded_NewestFirst()
    {
        var logins = Enumerable.Range(0, 20).Aggregate(
            System.Collections.Immutable.ImmutableArray<AnsweredLogin>.Empty, (before, i) => AnsweredLogin.Remember(before, $"{i}", Next, 0));
        Assert.Equal(Enumerable.Range(4, 16).Reverse().Select(i => $"{i}"), logins.Select(login => login.Key));
    }

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
