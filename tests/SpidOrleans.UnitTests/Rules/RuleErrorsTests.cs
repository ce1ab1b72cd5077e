using SpidOrleans.Mixpanel.Rules;
using Xunit;

namespace SpidOrleans.UnitTests.Rules;

public sealed class RuleErrorsTests
{
    [Fact]
    public void Without_an_error_there_is_no_dictionary() => Assert.Null(new RuleErrors().ToDictionary());

    [Fact]
    public void Places_lie_in_the_section_that_was_entered()
    {
        var errors = new RuleErrors();
        errors.Add("", "one");
        errors.Enter("events", 3);
        errors.Add("", "two");
        errors.Add("time", "three");
        errors.Add("time", "four");
        errors.Enter("profile");
        errors.Add("locale", "five");
        errors.Leave();
        errors.Add("events", "six");

        var byPlace = errors.ToDictionary()!;
        Assert.Equal(["$", "events[3]", "events[3].time", "profile.locale", "events"], byPlace.Keys);
        Assert.Equal(["three", "four"], byPlace["events[3].time"]);
    }

    [Fact]
    public void The_hundred_and_first_error_is_not_reported()
    {
        var errors = new RuleErrors();
        for (var i = 0; i < 101; i++) errors.Add($"place{i}", "message");
        Assert.True(errors.IsFull);
        Assert.Equal(100, errors.ToDictionary()!.Count);
        Assert.DoesNotContain("place100", errors.ToDictionary()!.Keys);
    }
}
