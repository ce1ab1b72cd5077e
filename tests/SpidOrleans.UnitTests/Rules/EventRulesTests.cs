using SpidOrleans.Mixpanel.Rules;
using Xunit;

namespace SpidOrleans.UnitTests.Rules;

public sealed class EventRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, true)]
    [InlineData(254, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void A_name_has_at_most_255_characters(int length, bool isName) =>
        Assert.Equal(isName, EventRules.IsName(new string('ø', length)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" \t\u00a0\n")]
    public void A_blank_name_is_none(string name) => Assert.False(EventRules.IsName(name));

    [Fact]
    public void Times_reach_from_1971_to_one_hour_ahead()
    {
        var latest = Now.AddHours(1).ToUnixTimeMilliseconds();
        Assert.Equal(EventRules.TimeMsMin, new DateTimeOffset(1971, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        Assert.False(EventRules.IsTime(EventRules.TimeMsMin - 1, Now));
        Assert.True(EventRules.IsTime(EventRules.TimeMsMin, Now));
        Assert.True(EventRules.IsTime(latest, Now));
        Assert.False(EventRules.IsTime(latest + 1, Now));
        Assert.False(EventRules.IsTime(long.MinValue, Now));
        Assert.False(EventRules.IsTime(long.MaxValue, Now));
    }

    [Fact]
    public void Only_a_refused_time_that_is_good_in_seconds_looks_like_seconds()
    {
        Assert.True(EventRules.LooksLikeSeconds(Now.ToUnixTimeSeconds(), Now));
        Assert.False(EventRules.LooksLikeSeconds(Now.ToUnixTimeMilliseconds(), Now));
        Assert.False(EventRules.LooksLikeSeconds(Now.AddHours(2).ToUnixTimeSeconds(), Now));
        Assert.False(EventRules.LooksLikeSeconds(0, Now));
        Assert.False(EventRules.LooksLikeSeconds(-Now.ToUnixTimeSeconds(), Now));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-z-0-9", true)]
    [InlineData("123456789012345678901234567890123456", true)]
    [InlineData("1234567890123456789012345678901234567", false)]
    [InlineData("", false)]
    [InlineData("a_b", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    [InlineData("٣", false)]
    [InlineData("null", false)]
    [InlineData("NULL", false)]
    [InlineData("Anonymous", false)]
    [InlineData("0", false)]
    [InlineData("-1", false)]
    [InlineData("00000000-0000-0000-0000-000000000000", false)]
    [InlineData("00000000-0000-0000-0000-000000000001", true)]
    public void An_insert_id_is_1_to_36_plain_characters_and_not_forbidden(string insertId, bool isInsertId) =>
        Assert.Equal(isInsertId, EventRules.IsInsertId(insertId));

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("1e-400")]
    [InlineData("123456789012345678901234567890")]
    public void Numbers_within_the_range_of_a_double_are_finite(string number) =>
        Assert.True(EventRules.IsFinite(System.Text.Encoding.UTF8.GetBytes(number)));

    [Theory]
    [InlineData("1e400")]
    [InlineData("-1E+400")]
    [InlineData("1.8e308")]
    public void Numbers_beyond_the_range_of_a_double_are_not_finite(string number) =>
        Assert.False(EventRules.IsFinite(System.Text.Encoding.UTF8.GetBytes(number)));

    [Fact]
    public void A_number_of_309_nines_is_not_finite_and_one_of_308_is()
    {
        Assert.True(EventRules.IsFinite(System.Text.Encoding.UTF8.GetBytes(new string('9', 308))));
        Assert.False(EventRules.IsFinite(System.Text.Encoding.UTF8.GetBytes(new string('9', 309))));
    }
}
