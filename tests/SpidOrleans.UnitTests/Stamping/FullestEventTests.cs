using System.Text;
using System.Text.Json;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Mixpanel.Preview;
using SpidOrleans.Mixpanel.Rules;
using Xunit;

namespace SpidOrleans.UnitTests.Stamping;

/// <summary>The most that a sender may send, together with the most that is added here, is what Mixpanel takes.</summary>
public sealed class FullestEventTests
{
    private readonly PreviewProject _mixpanel = new(TimeProvider.System);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnEventAsFullAsCanBe_IsTaken(bool isOriginal)
    {
        var payload = Write(isOriginal, EventRules.PropertiesMax);

        Assert.InRange(JsonDocument.Parse(payload).RootElement.GetProperty("properties").GetPropertyCount(), 245, 254);
        Assert.InRange(payload.Length, 900_000, (1 << 20) - 1);
        Assert.Equal(200, _mixpanel.Import([(byte)'[', .. payload, (byte)']'], isOriginal ? IdMerge.Original : IdMerge.Simplified).StatusCode);
    }

    /// <summary>In Mixpanel's own format: SPiD's properties have the room that is left, and traits what SPiD leaves.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnEventOfMixpanelsOwnClients_IsTaken_WithWhatThereIsRoomFor(bool isOriginal)
    {
        for (var properties = EventRules.PropertiesMax; properties <= EventRules.ImportedPropertiesMax; properties++)
        {
            var payload = Write(isOriginal, properties);
            Assert.InRange(JsonDocument.Parse(payload).RootElement.GetProperty("properties").GetPropertyCount(), Math.Min(properties + 49, 253) - 1, 254);
            Assert.Equal(200, _mixpanel.Import([(byte)'[', .. payload, (byte)']'], isOriginal ? IdMerge.Original : IdMerge.Simplified).StatusCode);
        }

        var fullest = JsonDocument.Parse(Write(isOriginal, EventRules.ImportedPropertiesMax - 2)).RootElement.GetProperty("properties");
        Assert.Equal("2001:db8::1", fullest.GetProperty("ip").GetString());
        Assert.True(fullest.TryGetProperty("Client", out _));
        Assert.False(fullest.TryGetProperty("trait0", out _));
    }

    [Fact]
    public void WithFivePropertiesMore_ItWouldBeRefused() =>
        Assert.Equal(400, _mixpanel.Import([(byte)'[', .. Write(isOriginal: false, EventRules.ImportedPropertiesMax + 5), (byte)']']).StatusCode);

    [Fact]
    public void WhatSpidKnows_IsNotTheSendersToClaim_HoweverFullTheEventIs()
    {
        var own = Enumerable.Range(0, EventRules.ImportedPropertiesMax - 2).Select(n => $"\"p{n}\":1");
        var payload = EventWriter.Write(
            new EventSource { ClientName = "News", Project = "p", ClientId = "news" },
            new TrackedEvent { Name = "n", Properties = Encoding.UTF8.GetBytes($"{{{string.Join(',', own)},\"Client\":\"Bank\",\"Version\":\"0\"}}") },
            new Stamp { TimeMs = 1, InsertId = "i", Device = VisitorId.New() });

        var properties = JsonDocument.Parse(payload).RootElement.GetProperty("properties");
        Assert.Equal(EventRules.ImportedPropertiesMax + 3, properties.GetPropertyCount());
        Assert.Equal("News", properties.GetProperty("Client").GetString());
        Assert.NotEqual("0", properties.GetProperty("Version").GetString());
    }

    private static byte[] Write(bool isOriginal, int properties)
    {
        Assert.True(UserId.TryParse(new string('u', UserId.LengthMax), out var user));
        var traits = new ClientTraits { ClientId = "news", Project = "p" }
            .With(Enumerable.Range(0, TraitLimits.CountMax).Select(n => new Trait { Name = $"trait{n}", Json = "\"" + new string('t', 400) + "\"", SetAtMs = 1 }));
        Assert.True(traits.IsWithinLimits);
        var own = Enumerable.Range(1, properties - 1).Select(n => $"\"p{n}\":1").ToList();
        var rest = EventRules.PropertiesBytesMax - own.Sum(member => member.Length + 1) - """{"p0":""}""".Length;
        var json = $"{{\"p0\":\"{new string('x', rest)}\",{string.Join(',', own)}}}";
        Assert.Equal(EventRules.PropertiesBytesMax, json.Length);
        return EventWriter.Write(
            new EventSource { ClientName = new string('c', 255), Project = "p", ClientId = "news" },
            new TrackedEvent { Name = new string('n', 255), Ip = "2001:db8::1", UserAgent = new string('a', 255), Properties = Encoding.UTF8.GetBytes(json) },
            new Stamp
            {
                TimeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
                InsertId = Guid.NewGuid().ToString(),
                Device = VisitorId.New(),
                User = user,
                IsOriginal = isOriginal,
                IsOfUsersLane = true,
                Profile = new UserProfile { Birthday = new DateOnly(1990, 1, 1), Gender = "female", Status = "verified", Registered = TimeProvider.System.GetUtcNow() },
                Tracking = new Tracking { Ref = new string('r', 255), Tag = new string('t', 255), Flow = "signup" },
                Traits = traits,
            });
    }
}
