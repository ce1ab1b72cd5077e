using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class EventsReaderBrowserTests
{
    [Fact]
    public void A_browser_names_its_client_and_may_name_the_visitor_or_nobody()
    {
        var reading = Collect($$"""
            {"events":[{"event":"a","time":{{NowMs}},"insertId":"i-1"},
                       {"event":"b","visitorId":"{{Visitor}}","time":{{NowMs}},"insertId":"i-2","properties":{"p":1} }],
             "clientId":"demo"}
            """);

        Assert.True(reading.IsValid);
        Assert.Equal("demo", reading.ClientId);
        Assert.Null(reading.Events[0].VisitorId);
        Assert.Equal(Visitor, reading.Events[1].VisitorId.ToString());
        Assert.All(reading.Events, addressed => Assert.Null(addressed.UserId));
    }

    [Theory]
    [InlineData(",\"userId\":\"77\"", "userId")]
    [InlineData(",\"ip\":\"192.0.2.1\"", "ip")]
    [InlineData(",\"userAgent\":{\"a\":[]}", "userAgent")]
    public void A_browser_may_not_say_who_or_where_it_is(string field, string place) =>
        AssertRefused(Collect(Collected(field)).Errors, "events[0]." + place, "A browser must not send this field");

    [Theory]
    [InlineData("{\"event\":\"a\",\"insertId\":\"i\"}", "time")]
    [InlineData("{\"event\":\"a\",\"insertId\":\"i\",\"time\":null}", "time")]
    [InlineData("{\"event\":\"a\",\"time\":1795435200000}", "insertId")]
    [InlineData("{\"time\":1795435200000,\"insertId\":\"i\"}", "event")]
    public void Name_time_and_insert_id_are_required_of_a_browser(string browserEvent, string place) =>
        AssertRefused(Collect("{\"clientId\":\"demo\",\"events\":[" + browserEvent + "]}").Errors, "events[0]." + place, "required");

    [Theory]
    [InlineData("{\"events\":[{\"event\":\"a\",\"time\":1795435200000,\"insertId\":\"i\"}]}", "clientId", "required")]
    [InlineData("{\"clientId\":7,\"events\":[{\"event\":\"a\",\"time\":1795435200000,\"insertId\":\"i\"}]}", "clientId", "1 to 255 characters")]
    [InlineData("{\"clientId\":\"\",\"events\":[{\"event\":\"a\",\"time\":1795435200000,\"insertId\":\"i\"}]}", "clientId", "1 to 255 characters")]
    [InlineData("{\"clientId\":\"demo\"}", "events", "required")]
    [InlineData("{\"clientId\":\"demo\",\"events\":[]}", "events", "at least one")]
    [InlineData("{\"clientId\":\"demo\",\"client\":1,\"events\":[{\"event\":\"a\",\"time\":1795435200000,\"insertId\":\"i\"}]}", "client", "clientId, events")]
    [InlineData("[]", "$", "must be a JSON object")]
    public void A_browsers_body_that_lacks_its_frame_is_refused(string body, string place, string phrase) =>
        AssertRefused(Collect(body).Errors, place, phrase);
}
