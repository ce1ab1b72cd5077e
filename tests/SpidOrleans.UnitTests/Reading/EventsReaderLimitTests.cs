using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

/// <summary>Each limit from both sides.</summary>
public sealed class EventsReaderLimitTests
{
    [Theory]
    [InlineData(199)]
    [InlineData(200)]
    public void Up_to_200_properties_are_accepted(int count) => AssertAccepted(WithProperties(ObjectOf(count)));

    [Theory]
    [InlineData(201)]
    [InlineData(5_000)]
    public void More_than_200_properties_are_refused_once(int count) =>
        AssertRefused(Read(WithProperties(ObjectOf(count))).Errors, "events[0].properties", "at most 200 properties");

    [Theory]
    [InlineData(199)]
    [InlineData(200)]
    public void Lists_and_objects_of_up_to_200_entries_are_accepted(int count) => AssertAccepted(
        WithProperties($$$"""{"l":{{{ListOf(count)}}},"o":{{{ObjectOf(count)}}},"deep":{"l":[1],"x":{{{ObjectOf(count)}}}}}"""));

    [Fact]
    public void Lists_and_objects_of_201_entries_are_refused_wherever_they_stand()
    {
        AssertRefused(Read(WithProperties($$"""{"l":{{ListOf(201)}}}""")).Errors, "events[0].properties.l", "at most 200 entries");
        AssertRefused(Read(WithProperties($$"""{"o":{{ObjectOf(201)}}}""")).Errors, "events[0].properties.o", "at most 200 entries");
        AssertRefused(Read(WithProperties($$"""{"d":[0,{{ListOf(201)}}],"e":1}""")).Errors, "events[0].properties.d[1]", "at most 200 entries");
        AssertRefused(Read(WithProperties($$$"""{"d":{"e":{{{ObjectOf(201)}}}}}""")).Errors, "events[0].properties.d.e", "at most 200 entries");
    }

    [Fact]
    public void What_follows_a_list_too_long_is_still_read()
    {
        var lists = "[" + string.Join(',', Enumerable.Repeat("[{\"a\":1}]", 202)) + "]";
        var errors = Read(WithProperties($$"""{"l":{{lists}},"m":1e999}""")).Errors!;
        Assert.Equal(["events[0].properties.l", "events[0].properties.m"], errors.Keys);
    }

    [Fact]
    public void Three_levels_are_accepted_and_a_fourth_is_refused()
    {
        AssertAccepted(WithProperties("""{"a":{"b":{"c":1}},"d":{"e":{"f":{"g":1}}},"h":[[[1]]]}"""));
        AssertRefused(Read(WithProperties("""{"a":{"b":{"c":{"d":[]}}}}""")).Errors, "events[0].properties.a.b.c.d", "three levels");
    }

    [Theory]
    [InlineData('a')]
    [InlineData('é')]
    [InlineData('漢')]
    public void Names_of_255_characters_are_accepted_and_of_256_refused(char character)
    {
        var longest = new string(character, 255);
        AssertAccepted("""[{"event":"NAME","userId":"u","properties":{"NAME":1,"o":{"NAME":1}}}]""".Replace("NAME", longest));
        AssertRefused(
            Read("""[{"event":"NAME","userId":"u"}]""".Replace("NAME", longest + character)).Errors, "events[0].event", "1 to 255 characters");
        AssertRefused(
            Read(WithProperties("""{"NAME":1}""".Replace("NAME", longest + character))).Errors,
            "events[0].properties." + longest[..40] + "…", "1 to 255 characters");
        AssertRefused(
            Read(WithProperties("""{"o":{"NAME":1}}""".Replace("NAME", longest + character))).Errors,
            "events[0].properties.o." + longest[..40] + "…", "1 to 255 characters");
    }

    [Fact]
    public void Escaped_names_are_counted_in_characters_too()
    {
        var longest = string.Concat(Enumerable.Repeat("\\u00e9", 255));
        AssertAccepted(WithProperties($$"""{"{{longest}}":1}"""));
        var errors = Read(WithProperties($$"""{"{{longest}}\u00e9":1}""")).Errors!;
        Assert.Contains("1 to 255 characters", Assert.Single(Assert.Single(errors).Value), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_or_object_of_8192_bytes_is_accepted_and_of_8193_refused()
    {
        AssertAccepted(WithProperties("{\"l\":[\"" + new string('x', 8_188) + "\"],\"o\":{\"k\":\"" + new string('x', 8_184) + "\"}}"));
        AssertRefused(Read(WithProperties("{\"l\":[\"" + new string('x', 8_189) + "\"]}")).Errors, "events[0].properties.l", "8192 bytes");
        AssertRefused(Read(WithProperties("{\"o\":{\"k\":\"" + new string('x', 8_185) + "\"}}")).Errors, "events[0].properties.o", "8192 bytes");
    }

    [Fact]
    public void Properties_of_900000_bytes_are_accepted_and_of_900001_refused()
    {
        AssertAccepted(WithProperties("{\"a\":\"" + new string('x', 900_000 - 8) + "\"}"));
        AssertRefused(
            Read(WithProperties("{\"a\":\"" + new string('x', 900_000 - 7) + "\"}")).Errors, "events[0].properties", "900000 bytes");
    }

    [Fact]
    public void A_string_beyond_255_characters_is_accepted_since_Mixpanel_only_cuts_it() =>
        AssertAccepted(WithProperties("{\"a\":\"" + new string('x', 256) + "\"}"));

    [Fact]
    public void Times_from_1971_to_one_hour_ahead_are_accepted()
    {
        AssertAccepted(One("\"time\":31536000000"));
        AssertAccepted(One("\"time\":" + (NowMs + 3_600_000)));
        AssertRefused(Read(One("\"time\":" + (NowMs + 3_600_001))).Errors, "events[0].time", "one hour ahead");
    }

    [Fact]
    public void A_user_agent_of_1000_characters_is_accepted_and_of_1001_refused()
    {
        AssertAccepted(One("\"userAgent\":\"" + new string('x', 1_000) + "\""));
        AssertRefused(Read(One("\"userAgent\":\"" + new string('x', 1_001) + "\"")).Errors, "events[0].userAgent", "at most 1000");
        AssertRefused(Read(One("\"userAgent\":\"" + new string('x', 100_000) + "\"")).Errors, "events[0].userAgent", "at most 1000");
    }

    [Fact]
    public void A_user_id_of_128_characters_is_accepted_and_of_129_refused()
    {
        var longest = new string('7', 128);
        AssertAccepted($$"""[{"event":"a","userId":"{{longest}}"}]""");
        AssertRefused(Read($$"""[{"event":"a","userId":"{{longest}}7"}]""").Errors, "events[0].userId", "1 to 128");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    public void As_many_events_as_allowed_are_accepted(int count)
    {
        var reading = Read(ListOfEvents(count), eventsMax: 5);
        Assert.True(reading.IsValid);
        Assert.False(reading.IsTooMany);
        Assert.Equal(count, reading.Events.Length);
    }

    [Fact]
    public void One_event_more_than_allowed_is_too_many()
    {
        var reading = Read(ListOfEvents(6), eventsMax: 5);
        Assert.True(reading.IsTooMany);
        Assert.Empty(reading.Events);
        AssertRefused(reading.Errors, "events", "at most 5 events");
        Assert.False(Read("[]").IsTooMany);
    }

    private static string ListOfEvents(int count) =>
        "{\"events\":[" + string.Join(',', Enumerable.Repeat("{\"event\":\"a\",\"userId\":\"u\"}", count)) + "]}";

    private static string ListOf(int count) => "[" + string.Join(',', Enumerable.Range(0, count)) + "]";

    private static string ObjectOf(int count) =>
        "{" + string.Join(',', Enumerable.Range(0, count).Select(number => $"\"name {number}\":{number}")) + "}";
}
