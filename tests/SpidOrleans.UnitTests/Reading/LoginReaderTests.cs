using System.Text;
using SpidOrleans.Web.Reading;
using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class LoginReaderTests
{
    [Fact]
    public void Every_field_of_a_login_arrives()
    {
        var reading = Read($$"""
            {"userId":"1844813","time":{{NowMs}},"insertId":"l-1","properties":{"Method":"password"},"ip":"2001:db8::1","userAgent":"Test/1",
             "profile":{"gender":"female","birthday":"1980-12-31"},"trackingRef":"front","tag":"t","flow":"payment","remember":true}
            """);

        Assert.True(reading.IsValid);
        Assert.Equal("1844813", reading.UserId.ToString());
        Assert.Equal("female", reading.Profile?.Gender);
        Assert.Equal(new DateOnly(1980, 12, 31), reading.Profile?.Birthday);
        Assert.Equal("front", reading.Tracking?.Ref);
        Assert.Equal("t", reading.Tracking?.Tag);
        Assert.Equal("payment", reading.Tracking?.Flow);
        Assert.True(reading.Remember);

        var login = reading.ToEvent("Login");
        Assert.Equal("Login", login.Name);
        Assert.Equal(NowMs, login.TimeMs);
        Assert.Equal("l-1", login.InsertId);
        Assert.Equal("2001:db8::1", login.Ip);
        Assert.Equal("Test/1", login.UserAgent);
        Assert.Equal("""{"Method":"password"}""", Encoding.UTF8.GetString(login.Properties.Span));
    }

    [Fact]
    public void A_user_id_is_enough()
    {
        var reading = Read("""{"userId":"77","profile":null,"tag":null}""");
        Assert.True(reading.IsValid);
        Assert.Null(reading.Profile);
        Assert.False(reading.Remember);
        Assert.Null(reading.Tracking);
        Assert.True(reading.Properties.IsEmpty);
    }

    [Theory]
    [InlineData("", "$", "must not be empty")]
    [InlineData("[]", "$", "must be a JSON object")]
    [InlineData("{\"userId\":\"77\"", "$", "valid JSON")]
    [InlineData("{}", "userId", "required")]
    [InlineData("{\"userId\":null}", "userId", "required")]
    [InlineData("{\"userId\":77}", "userId", "must be a string")]
    [InlineData("{\"userId\":\"-1\"}", "userId", "forbidden")]
    [InlineData("{\"userId\":\"77\",\"insertId\":\"a\"}", "insertId", "needs a time")]
    [InlineData("{\"userId\":\"77\",\"time\":1795435200}", "time", "looks like seconds")]
    [InlineData("{\"userId\":\"77\",\"tag\":\"\"}", "tag", "1 to 255 characters")]
    [InlineData("{\"userId\":\"77\",\"trackingRef\":5}", "trackingRef", "1 to 255 characters")]
    [InlineData("{\"userId\":\"77\",\"flow\":[]}", "flow", "1 to 255 characters")]
    [InlineData("{\"userId\":\"77\",\"ip\":\"x\"}", "ip", "IPv4")]
    [InlineData("{\"userId\":\"77\",\"remember\":1}", "remember", "true or false")]
    [InlineData("{\"userId\":\"77\",\"profile\":[]}", "profile", "must be an object")]
    [InlineData("{\"userId\":\"77\",\"profile\":{\"gender\":\"x\"}}", "profile.gender", "male, female")]
    [InlineData("{\"userId\":\"77\",\"profile\":{\"sex\":\"x\"}}", "profile.sex", "fields of a profile")]
    [InlineData("{\"userId\":\"77\",\"profile\":{},\"trackingref\":\"x\"}", "trackingref", "trackingRef")]
    [InlineData("{\"userId\":\"77\",\"properties\":{\"a\":{\"b\":[0,1e999]}}}", "properties.a.b[1]", "finite")]
    [InlineData("{\"userId\":\"77\",\"properties\":{\"$user_id\":\"1\"}}", "properties.$user_id", "reserved")]
    public void A_faulty_login_is_refused_at_its_place(string body, string place, string phrase) =>
        AssertRefused(Read(body).Errors, place, phrase);

    private static LoginReading Read(string body) => LoginReader.Read(Utf8(body), Now);
}
