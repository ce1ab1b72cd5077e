using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class BackoffTests
{
    private const double AlmostOne = 0.999_999_999;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 8)]
    [InlineData(5, 15)]
    [InlineData(6, 15)]
    [InlineData(31, 15)]
    [InlineData(int.MaxValue, 15)]
    public void Wait_AfterAnError_LiesInTheUpperHalfOfAStepThatDoublesToFifteenSeconds(int attempt, double step)
    {
        var error = new SendOutcome.Retry(null, "Mixpanel answered 503", 503, false);

        AssertBetween(step / 2, step, attempt, error);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(8, 60)]
    [InlineData(int.MaxValue, 60)]
    public void Wait_After429WithoutRetryAfter_DoublesToSixtySeconds(int attempt, double step)
    {
        var throttled = new SendOutcome.Retry(null, "Mixpanel answered 429", 429, true);

        AssertBetween(step / 2, step, attempt, throttled);
    }

    [Theory]
    [InlineData(1, 0, 1, 1.25)]
    [InlineData(1, 1, 1, 1.25)]
    [InlineData(9, 2, 2, 2.5)]
    [InlineData(1, 20, 20, 25)]
    [InlineData(1, 21, 21, 26)]
    [InlineData(5, 120, 120, 125)]
    [InlineData(1, 3600, 3600, 3605)]
    public void Wait_WithRetryAfter_IsNeverShorterAndALittleLonger(int attempt, double asked, double least, double most)
    {
        var after = TimeSpan.FromSeconds(asked);

        AssertBetween(least, most, attempt, new SendOutcome.Retry(after, "Mixpanel answered 429", 429, true));
        AssertBetween(least, most, attempt, new SendOutcome.Retry(after, "Mixpanel answered 503", 503, false));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(-1, 0.5)]
    [InlineData(1, -0.1)]
    [InlineData(1, 1.0)]
    [InlineData(1, double.NaN)]
    public void Next_WithArgumentsOutsideTheirRange_Throws(int attempt, double random) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Backoff.Next(attempt, new SendOutcome.Retry(null, "", null, false), random));

    private static void AssertBetween(double least, double most, int attempt, SendOutcome.Retry retry)
    {
        Assert.Equal(TimeSpan.FromSeconds(least), Backoff.Next(attempt, retry, 0));
        Assert.Equal(TimeSpan.FromSeconds((least + most) / 2), Backoff.Next(attempt, retry, 0.5));
        var longest = Backoff.Next(attempt, retry, AlmostOne);
        Assert.InRange(longest, TimeSpan.FromSeconds(most - 0.001), TimeSpan.FromSeconds(most));
    }
}
