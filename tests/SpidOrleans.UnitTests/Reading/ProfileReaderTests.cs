using System.Globalization;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Reading;
using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class ProfileReaderTests
{
    [Fact]
    public void Every_field_of_a_profile_arrives()
    {
        var reading = Read("""
            {"birthday":"1980-12-31","gender":"withheld","status":"verified","registered":"2020-01-31T13:00:00+01:00","locale":"nb_NO",
             "displayName":"Anna","givenName":"Ann\u00e1","familyName":"Andersson"}
            """);

        Assert.True(reading.IsValid);
        Assert.Equal(
            new UserProfile
            {
                Birthday = new DateOnly(1980, 12, 31),
                Gender = "withheld",
                Status = "verified",
                Registered = new DateTimeOffset(2020, 1, 31, 12, 0, 0, TimeSpan.Zero),
                Locale = "nb_NO",
                DisplayName = "Anna",
                GivenName = "Anná",
                FamilyName = "Andersson",
            },
            reading.Profile);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"birthday\":null,\"gender\":null,\"displayName\":null}")]
    public void An_empty_profile_knows_nothing(string body)
    {
        Assert.True(Read(body).IsValid);
        Assert.Equal(UserProfile.Empty, Read(body).Profile);
    }

    [Theory]
    [InlineData("2020-01-31", "2020-01-31T00:00:00Z")]
    [InlineData("2020-01-31T12:34:56", "2020-01-31T12:34:56Z")]
    [InlineData("2020-01-31T12:34:56.789Z", "2020-01-31T12:34:56.789Z")]
    [InlineData("2020-01-31T12:34:56-05:30", "2020-01-31T18:04:56Z")]
    public void A_registration_is_a_moment_in_UTC(string sent, string moment)
    {
        var registered = Read($$"""{"registered":"{{sent}}"}""").Profile.Registered;
        Assert.Equal(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture), registered);
        Assert.Equal(TimeSpan.Zero, registered?.Offset);
    }

    [Theory]
    [InlineData("nb")]
    [InlineData("nb-NO")]
    [InlineData("sr_Latn_RS")]
    [InlineData("es-419")]
    public void Locales_of_either_spelling_are_accepted(string locale) =>
        Assert.Equal(locale, Read($$"""{"locale":"{{locale}}"}""").Profile.Locale);

    [Theory]
    [InlineData("1900-01-01")]
    [InlineData("2026-11-23")]
    [InlineData("2024-02-29")]
    public void Birthdays_from_1900_to_today_are_accepted(string birthday) =>
        Assert.True(Read($$"""{"birthday":"{{birthday}}"}""").IsValid);

    [Fact]
    public void A_name_of_255_characters_is_accepted_and_of_256_refused()
    {
        var longest = new string('x', 255);
        Assert.True(Read($$"""{"displayName":"{{longest}}"}""").IsValid);
        AssertRefused(Read($$"""{"displayName":"{{longest}}x"}""").Errors, "displayName", "1 to 255 characters");
    }

    [Theory]
    [InlineData("", "$", "must not be empty")]
    [InlineData("null", "$", "must be a JSON object")]
    [InlineData("{\"birthday\":\"1899-12-31\"}", "birthday", "from 1900-01-01 to today")]
    [InlineData("{\"birthday\":\"2026-11-24\"}", "birthday", "from 1900-01-01 to today")]
    [InlineData("{\"birthday\":\"2023-02-29\"}", "birthday", "ISO 8601")]
    [InlineData("{\"birthday\":\"31.12.1980\"}", "birthday", "ISO 8601")]
    [InlineData("{\"birthday\":\"1980-12-31T00:00:00Z\"}", "birthday", "ISO 8601")]
    [InlineData("{\"birthday\":19801231}", "birthday", "must be a string")]
    [InlineData("{\"gender\":\"Male\"}", "gender", "male, female, undisclosed and withheld")]
    [InlineData("{\"gender\":\"\"}", "gender", "male, female, undisclosed and withheld")]
    [InlineData("{\"gender\":0}", "gender", "male, female, undisclosed and withheld")]
    [InlineData("{\"status\":\"\"}", "status", "1 to 255 characters")]
    [InlineData("{\"registered\":\"yesterday\"}", "registered", "ISO 8601")]
    [InlineData("{\"registered\":\"31/01/2020\"}", "registered", "ISO 8601")]
    [InlineData("{\"registered\":\"0001-01-01T00:00:00+14:00\"}", "registered", "ISO 8601")]
    [InlineData("{\"registered\":1580472000}", "registered", "ISO 8601")]
    [InlineData("{\"locale\":\"\"}", "locale", "nb_NO")]
    [InlineData("{\"locale\":\"norsk bokmål\"}", "locale", "nb_NO")]
    [InlineData("{\"locale\":\"nb_NO\\n\"}", "locale", "nb_NO")]
    [InlineData("{\"displayName\":\"\"}", "displayName", "1 to 255 characters")]
    [InlineData("{\"givenName\":\"\\u0000\"}", "givenName", "NUL")]
    [InlineData("{\"familyName\":\"\\ud800\"}", "familyName", "surrogate")]
    [InlineData("{\"givenName\":\"a\",\"givenName\":\"a\"}", "givenName", "only once")]
    [InlineData("{\"email\":\"a@b\"}", "email", "fields of a profile are birthday")]
    public void A_faulty_profile_is_refused_at_its_place(string body, string place, string phrase) =>
        AssertRefused(Read(body).Errors, place, phrase);

    private static ProfileReading Read(string body) => ProfileReader.Read(Utf8(body), Now);
}
