using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Reading;
using Xunit;

namespace SpidOrleans.UnitTests.Browser;

public sealed class SignedTraitsTests
{
    /// <summary>SPiD's published example, under the secret <c>test</c>.</summary>
    private const string Example = "zOJ7x_oA3EnL4CB5AsgONtWfdF2r_N6c-aLZTaGy-z8.eyJTdWJzY3JpYmVkIHNpbmNlIjoiMjAxMi0xMS0yMCIsIk5ld3NsZXR0ZXIgc3Vic2NyaWJlciI6dHJ1ZSwiR29hbHMgcmVhY2hlZCI6MTIsIkFjY291bnQgdHlwZSI6IlBlcnNvbmFsIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJ0IjoxMzcyMTUwMjU3LjExfQ";

    private static readonly DateTimeOffset ExampleAt = DateTimeOffset.FromUnixTimeMilliseconds(1_372_150_257_110);

    [Theory]
    [InlineData(0, true)]
    [InlineData(3_600_000, true)]
    [InlineData(3_600_001, false)]
    [InlineData(-3_600_000, true)]
    [InlineData(-3_600_001, false)]
    public void TheExample_IsGoodForAnHourAroundItsTime(int laterMs, bool isGood)
    {
        var traits = SignedTraits.Read(Signer("test"), Example, ExampleAt.AddMilliseconds(laterMs), out var fault);

        Assert.Equal(isGood ? null : SignedTraits.TimeRule, fault);
        if (!isGood) Assert.Empty(traits);
        else Assert.Equal(["Subscribed since", "Newsletter subscriber", "Goals reached", "Account type"], traits.Select(trait => trait.Name));
        Assert.All(traits, trait => Assert.InRange(trait.SetAtMs, 1_372_150_257_109, 1_372_150_257_110));
    }

    [Fact]
    public void FormerSecrets_AreTaken_OthersAndNoneAreNot()
    {
        Assert.Null(FaultOf(Signer("new", "old", "test"), Example));
        Assert.Equal(SignedTraits.UnsignedRule, FaultOf(Signer("new", "old"), Example));
        Assert.Equal(SignedTraits.UnsignedRule, FaultOf(Signer(null), Example));
        Assert.Equal(SignedTraits.UnsignedRule, FaultOf(Signer("test"), null));
        Assert.Equal(SignedTraits.UnsignedRule, FaultOf(Signer("test"), Example[..^1]));
        Assert.Equal(SignedTraits.UnsignedRule, FaultOf(Signer("test"), Example + "," + Example));
    }

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("""{"a":1,"t":"1372150257"}""")]
    [InlineData("""{"a":1,"t":1372150257110}""")]
    [InlineData("""{"a":1,"t":null}""")]
    [InlineData("""{"a":1,"t":1e999}""")]
    [InlineData("""{"a":1,"t":-1e308}""")]
    // What the session script signs for a client's back end, and every page is told.
    [InlineData("""{"result":true,"serverTime":1372150257,"expiresIn":300,"userId":7,"algorithm":"HMAC-SHA256","aud":"news","exp":1372150557}""")]
    public void WithoutATimeOfItsOwn_NothingIsTaken(string json) => Assert.Equal(SignedTraits.TimeRule, FaultOf(Signer("s"), Sign(json)));

    [Theory]
    [InlineData("""{"a":1,"t":1372150257}""", null)]
    [InlineData("""{"a":1,"t":1.37215025711E9,"algorithm":"hmac-sha256"}""", null)]
    [InlineData("""{"a":1,"a":2,"t":1372150257}""", TraitsReader.ObjectRule)]
    [InlineData("""{"a":{},"t":1372150257}""", TraitsReader.ValueRule)]
    [InlineData("""{"$email":"x","t":1372150257}""", TraitsReader.NameRule)]
    [InlineData("""{"\ud800":1,"t":1372150257}""", SpidOrleans.Mixpanel.Rules.EventRules.SurrogateRule)]
    public void WhatIsSigned_FollowsTheRulesOfTraits(string json, string? rule) => Assert.Equal(rule, FaultOf(Signer("s"), Sign(json)));

    private static string? FaultOf(Client client, string? text)
    {
        SignedTraits.Read(client, text, ExampleAt, out var fault);
        return fault;
    }

    private static string Sign(string json) => SignedText.Sign("s"u8, Encoding.UTF8.GetBytes(json));

    private static Client Signer(string? secret, params string[] former) => new()
    {
        Id = "news",
        Source = new EventSource { ClientName = "News", Project = "p", ClientId = "news" },
        SecretHash = [],
        TokenKey = [],
        SignSecret = secret is null ? null : Encoding.UTF8.GetBytes(secret),
        FormerSignSecrets = [.. former.Select(Encoding.UTF8.GetBytes)],
    };
}
