using SpidOrleans.Web.Reading;
using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class LogoutReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" \r\n")]
    [InlineData("{}")]
    [InlineData("{\"ip\":null,\"userAgent\":\"\"}")]
    public void A_logout_needs_no_body(string body)
    {
        var reading = LogoutReader.Read(Utf8(body));
        Assert.True(reading.IsValid);
        Assert.Null(reading.Ip);
        Assert.Null(reading.UserAgent);
    }

    [Fact]
    public void Address_and_user_agent_arrive()
    {
        var reading = LogoutReader.Read(Utf8("""{"ip":"::ffff:192.0.2.1","userAgent":"Test/1"}"""));
        Assert.Equal("192.0.2.1", reading.Ip);
        Assert.Equal("Test/1", reading.UserAgent);
    }

    [Theory]
    [InlineData("[]", "$", "must be a JSON object")]
    [InlineData("{} {}", "$", "valid JSON")]
    [InlineData("{\"userId\":\"77\"}", "userId", "fields of the body are ip, userAgent")]
    [InlineData("{\"ip\":\"x\"}", "ip", "IPv4")]
    [InlineData("{\"userAgent\":1}", "userAgent", "at most 1000 characters")]
    public void A_faulty_logout_is_refused_at_its_place(string body, string place, string phrase) =>
        AssertRefused(LogoutReader.Read(Utf8(body)).Errors, place, phrase);
}
