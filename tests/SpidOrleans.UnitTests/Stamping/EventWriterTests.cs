using System.Text;
using System.Text.Json;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Stamping;

public sealed class EventWriterTests
{
    private const long Time = 1_795_000_000_000;
    private static readonly EventSource Source = new() { ClientName = "News", Project = "p" };
    private static readonly VisitorId Visitor = VisitorId.New();

    [Theory]
    [InlineData("{}")]
    [InlineData("{ \n }")]
    [InlineData("")]
    public void Write_WithoutProperties_GivesTheStampAlone(string json)
    {
        var properties = Write(json);

        Assert.Equal(Time, properties.GetProperty("time").GetInt64());
        Assert.Equal("i-1", properties.GetProperty("$insert_id").GetString());
        Assert.Equal(Visitor.ToString(), properties.GetProperty("$device_id").GetString());
        Assert.False(properties.TryGetProperty("$user_id", out _));
        Assert.False(properties.TryGetProperty("distinct_id", out _));
        Assert.Equal("News", properties.GetProperty("Client").GetString());
    }

    [Theory]
    [InlineData(true, true, "4711")]
    [InlineData(false, true, "4711")]
    [InlineData(true, false, null)]
    public void Write_ForAProjectWithOriginalIdMerge_NamesOneId_TheUsersIfItIsKnown(bool hasVisitor, bool hasUser, string? expected)
    {
        Assert.True(UserId.TryParse("4711", out var user));
        var stamp = new Stamp { TimeMs = Time, InsertId = "i", Device = hasVisitor ? Visitor : null, User = hasUser ? user : null, IsOriginal = true };

        var properties = Parse(EventWriter.Write(Source, new TrackedEvent { Name = "x" }, stamp)).GetProperty("properties");

        Assert.Equal(expected ?? Visitor.ToString(), properties.GetProperty("distinct_id").GetString());
        Assert.False(properties.TryGetProperty("$device_id", out _) || properties.TryGetProperty("$user_id", out _));
        Assert.Equal(hasUser, properties.TryGetProperty("SPiD ID", out _));
    }

    [Fact]
    public void Identify_IsMadeOfTheLinkAlone_SoThatARepeatIsTheSameEvent()
    {
        Assert.True(UserId.TryParse("å\"4711", out var user));
        var visitor = new LinkedVisitor { VisitorId = Visitor, LinkedAtMs = Time };

        var (once, again) = (IdentifyWriter.Write(user, visitor), IdentifyWriter.Write(user, visitor with { CarriesLogin = true }));

        Assert.Equal(once.Payload.ToArray(), again.Payload.ToArray());
        Assert.Equal((Time, "$identify"), (once.TimeMs, Parse(once.Payload.ToArray()).GetProperty("event").GetString()));
        Assert.Equal(
            $"time={Time} $insert_id={Visitor} distinct_id={user} $identified_id={user} $anon_id={Visitor}",
            string.Join(' ', Parse(once.Payload.ToArray()).GetProperty("properties").EnumerateObject().Select(p => $"{p.Name}={p.Value}")));
        Assert.False(OutboxPayload.KindOf(once.Payload.Span) != PayloadKind.Event || OutboxPayload.IsUnnamed(once.Payload.Span));
    }

    [Theory]
    [InlineData("""{"a":1}""", "a")]
    [InlineData(""" { "a" : [1, {"b":"}"}] , "c":"x,}" } """, "a,c")]
    [InlineData("""{"å\"":null,"\u0062":true}""", "å\",b")]
    public void Write_KeepsTheSendersProperties(string json, string names)
    {
        var properties = Write(json);
        var given = JsonDocument.Parse(json).RootElement;

        foreach (var name in names.Split(',')) Assert.Equal(given.GetProperty(name).GetRawText(), properties.GetProperty(name).GetRawText());
    }

    [Theory]
    [InlineData("""{"Client":"me","a":1,"b":2}""")]
    [InlineData("""{"a":1,"Client":"me","b":2}""")]
    [InlineData("""{"a":1,"b":2 , "Clie\u006et" : {"x":[1]} }""")]
    [InlineData("""{"Client":"me","a":1,"Version":3,"b":2,"Revision":4}""")]
    public void Write_WhereSenderAndPlatformNameTheSame_ThePlatformWins(string json)
    {
        var properties = Write(json);

        Assert.Single(properties.EnumerateObject(), p => p.Name == "Client");
        Assert.Equal("News", properties.GetProperty("Client").GetString());
        Assert.Equal(1, properties.GetProperty("a").GetInt32());
        Assert.Equal(2, properties.GetProperty("b").GetInt32());
    }

    [Fact]
    public void Write_WhereThePlatformKnowsNothing_TheSendersWordStays() =>
        Assert.Equal("old", Write("""{"Age":"old"}""").GetProperty("Age").GetString());

    [Fact]
    public void Write_ForAUser_CarriesWhatSpidKnows()
    {
        Assert.True(UserId.TryParse("4711", out var user));
        var stamp = new Stamp
        {
            TimeMs = DateTimeOffset.Parse("2026-11-22T23:59:59Z").ToUnixTimeMilliseconds(),
            InsertId = "i-1",
            Device = Visitor,
            User = user,
            Profile = new UserProfile
            {
                Birthday = new DateOnly(1990, 11, 23),
                Gender = "female",
                Status = "verified",
                Registered = DateTimeOffset.Parse("2020-01-02T03:04:05+01:00"),
            },
            Tracking = new Tracking { Ref = "r", Tag = "t", Flow = "signup" },
        };
        var e = new TrackedEvent { Name = "x", Ip = "192.0.2.1", UserAgent = "Mozilla", Properties = """{"SPiD ID":"forged","Age":99}"""u8.ToArray() };

        var properties = Parse(EventWriter.Write(Source, e, stamp)).GetProperty("properties");

        Assert.Equal("4711", properties.GetProperty("$user_id").GetString());
        Assert.Equal("4711", properties.GetProperty("SPiD ID").GetString());
        Assert.Equal(35, properties.GetProperty("Age").GetInt32());
        Assert.Equal("female", properties.GetProperty("Gender").GetString());
        Assert.Equal("verified", properties.GetProperty("User status").GetString());
        Assert.Equal("2020-01-02T02:04:05", properties.GetProperty("Registered").GetString());
        Assert.Equal("r", properties.GetProperty("Tracking ref").GetString());
        Assert.Equal("t", properties.GetProperty("Tracking tag").GetString());
        Assert.Equal("signup", properties.GetProperty("Flow").GetString());
        Assert.Equal("192.0.2.1", properties.GetProperty("ip").GetString());
        Assert.Equal("Mozilla", properties.GetProperty("User agent").GetString());
    }

    [Theory]
    [InlineData("", "Age,Client,Plan", "Plan=\"pro\"")]
    [InlineData("""{"Plan":"mine","b":1}""", "Plan", "Plan=\"mine\" b=1")]
    [InlineData("""{"Pl\u0061n":"mine"}""", "Plan,Other", "Other=\"pro\" Plan=\"mine\"")]
    [InlineData("{}", "Plan,å", "Plan=\"pro\" å=\"pro\"")]
    public void Write_WithTraits_TheSendersWinOverThemAndSpidsToo(string json, string traits, string expected)
    {
        var known = new ClientTraits { ClientId = "news", Project = "p" }.With(
            traits.Split(',').Select(name => new Trait { Name = name, Json = "\"pro\"" }).Append(new Trait { Name = "Gone" }));
        var e = new TrackedEvent { Name = "x", Properties = Encoding.UTF8.GetBytes(json) };

        var properties = Parse(EventWriter.Write(Source, e, new Stamp { TimeMs = Time, InsertId = "i", Device = Visitor, Traits = known })).GetProperty("properties");

        Assert.Equal("News", properties.GetProperty("Client").GetString());
        Assert.Equal(expected, string.Join(' ', properties.EnumerateObject().Where(p => !IsOurs(p.Name)).OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => $"{p.Name}={p.Value.GetRawText()}")));

        static bool IsOurs(string name) => name is "time" or "$insert_id" or "$device_id" or "Version" or "Revision" or "Client";
    }

    [Fact]
    public void Write_OfAUsersLateEvent_SaysThatItNamesNobody()
    {
        var payload = EventWriter.Write(Source, new TrackedEvent { Name = "x" }, new Stamp { TimeMs = Time, InsertId = "i", Device = Visitor, IsOfUsersLane = true });

        Assert.True(OutboxPayload.IsUnnamed(payload));
        Assert.Equal("x", Parse(payload).GetProperty("event").GetString());
    }

    [Fact]
    public void Write_WithHostileNames_StaysOneJsonObject()
    {
        var e = new TrackedEvent { Name = "\"},{\"event\":\"forged", UserAgent = "\"\\\u2028</script>" };
        var root = Parse(EventWriter.Write(Source, e, new Stamp { TimeMs = Time, InsertId = "i", Device = Visitor }));

        Assert.Equal(e.Name, root.GetProperty("event").GetString());
        Assert.Equal(e.UserAgent, root.GetProperty("properties").GetProperty("User agent").GetString());
    }

    private static JsonElement Write(string json)
    {
        var e = new TrackedEvent { Name = "x", Properties = Encoding.UTF8.GetBytes(json) };
        return Parse(EventWriter.Write(Source, e, new Stamp { TimeMs = Time, InsertId = "i-1", Device = Visitor })).GetProperty("properties");
    }

    private static JsonElement Parse(byte[] payload)
    {
        // Repeated names would be a property that two parties set.
        return JsonDocument.Parse(payload, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;
    }
}
