using System.Runtime.InteropServices;
using System.Text;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class EventsReaderTests
{
    [Fact]
    public void Every_field_arrives_in_the_tracked_event()
    {
        var reading = Read(One($$"""
            "time":{{NowMs}},"insertId":"a-1","ip":"192.0.2.7","userAgent":"Test/1","properties":{"Title": "A \"b\"", "n": [1, 2]}
            """));

        Assert.True(reading.IsValid);
        var addressed = Assert.Single(reading.Events);
        Assert.True(VisitorId.TryParse(Visitor, out var visitorId));
        Assert.Equal(visitorId, addressed.VisitorId);
        Assert.Null(addressed.UserId);
        Assert.Equal("Read", addressed.Event.Name);
        Assert.Equal(NowMs, addressed.Event.TimeMs);
        Assert.Equal("a-1", addressed.Event.InsertId);
        Assert.Equal("192.0.2.7", addressed.Event.Ip);
        Assert.Equal("Test/1", addressed.Event.UserAgent);
        Assert.Equal("""{"Title": "A \"b\"", "n": [1, 2]}""", Encoding.UTF8.GetString(addressed.Event.Properties.Span));
    }

    [Fact]
    public void Properties_are_a_slice_of_the_body_and_no_copy()
    {
        var body = Utf8(WithProperties("""{"a":1}"""));
        var properties = Assert.Single(Read(body).Events).Event.Properties;
        Assert.True(MemoryMarshal.TryGetArray(properties, out var slice));
        Assert.Same(body, slice.Array);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"properties\":{}")]
    [InlineData("\"properties\": { } ")]
    [InlineData("\"properties\":null")]
    public void Without_a_property_the_slice_is_empty(string field)
    {
        var reading = Read(One(field));
        Assert.True(reading.IsValid);
        Assert.True(Assert.Single(reading.Events).Event.Properties.IsEmpty);
    }

    [Fact]
    public void A_bare_list_mixes_identities_and_keeps_their_order()
    {
        var reading = Read($$"""
            [{"event":"one","userId":"1844813"},{"event":"two","visitorId":"{{Visitor}}"},{"userId":"n@b","event":"three"}]
            """);

        Assert.True(reading.IsValid);
        Assert.Equal(["one", "two", "three"], reading.Events.Select(addressed => addressed.Event.Name));
        Assert.True(UserId.TryParse("n@b", out var last));
        Assert.Equal(last, reading.Events[2].UserId);
    }

    [Fact]
    public void An_optional_field_given_as_null_counts_as_absent()
    {
        var reading = Read(One("\"userId\":null,\"time\":null,\"insertId\":null,\"ip\":null,\"userAgent\":null,\"properties\":null"));
        Assert.True(reading.IsValid);
        var tracked = Assert.Single(reading.Events).Event;
        Assert.Null(tracked.TimeMs);
        Assert.Null(tracked.InsertId);
        Assert.Null(tracked.Ip);
        Assert.Null(tracked.UserAgent);
    }

    [Fact]
    public void Names_and_values_may_be_written_with_escapes()
    {
        var reading = Read("""{"\u0065vents":[{"e\u0076ent":"K\u00f8bt \ud83d\ude00","userId":"\u0037\u0037"}]}""");
        Assert.True(reading.IsValid);
        var addressed = Assert.Single(reading.Events);
        Assert.Equal("Købt 😀", addressed.Event.Name);
        Assert.Equal("77", addressed.UserId.ToString());
    }

    [Theory]
    [InlineData("::FFFF:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:DB8:0:0::1", "2001:db8::1")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    public void Addresses_are_kept_in_their_canonical_form(string sent, string kept) =>
        Assert.Equal(kept, Assert.Single(Read(One($"\"ip\":\"{sent}\"")).Events).Event.Ip);

    [Fact]
    public void White_space_around_everything_is_no_fault() =>
        AssertAccepted(" \r\n\t" + One(" \"time\" : " + NowMs + " ") + "\n ");

    [Theory]
    [InlineData("""{"a":null,"b":true,"c":false,"d":-1.5e3,"e":"","f":[],"g":{}}""")]
    [InlineData("""{"list":[1,"two",null,[3],{"four":4,"five":null}]}""")]
    [InlineData("""{"a":{"token":1,"time":2,"$ignore":true}}""")]
    [InlineData("""{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}],"x":1}""")]
    [InlineData("""{"line":"a\nb\u0001 \u2028","é":"\ud83d\ude00","😀":1}""")]
    [InlineData("""{"A":1,"a":2}""")]
    [InlineData("""{"a.b":1,"a":{"b":2}}""")]
    public void Properties_of_every_kind_are_accepted(string properties) => AssertAccepted(WithProperties(properties));
}
