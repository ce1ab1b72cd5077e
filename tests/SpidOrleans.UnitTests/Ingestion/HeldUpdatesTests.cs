using System.Collections.Immutable;
using System.Text;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Users;
using Xunit;

namespace SpidOrleans.UnitTests.Ingestion;

public class HeldUpdatesTests
{
    [Theory]
    // What came before / what comes next / what is held then.
    [InlineData("""$set {"a":1}""", """$set {"a":2,"b":3}""", """$set {"a":2,"b":3}""")]
    [InlineData("""$set {"a":1} | $add {"n":1}""", """$set {"b":2}""", """$set {"a":1,"b":2} | $add {"n":1}""")]
    [InlineData("""$set {"a":1} | $add {"a":1}""", """$set {"a":2}""", """$set {"a":1} | $add {"a":1} | $set {"a":2}""")]
    [InlineData("""$set {"a":1} | $unset ["b"]""", """$set {"b":2}""", """$set {"a":1} | $unset ["b"] | $set {"b":2}""")]
    [InlineData("""$add {"a":1}""", """$add {"a":1}""", """$add {"a":1} | $add {"a":1}""")]
    [InlineData("""$set_once {"a":1}""", """$set {"a":2}""", """$set_once {"a":1} | $set {"a":2}""")]
    [InlineData("""$set {"a":1} | $add {"n":1}""", "$delete \"\"", "")]
    [InlineData("""$set {"a":"å\n"}""", """$set {"b":{"c":[null]}}""", """$set {"a":"å\n","b":{"c":[null]}}""")]
    public void WhatASetSaysAgain_TakesNoMoreRoom_AndOrderStays(string before, string next, string after)
    {
        var held = HeldUpdates.With([], "p", Parse(before))!.Value;

        Assert.Equal(after, Show(HeldUpdates.With(held, "p", Parse(next))!.Value));
    }

    [Fact]
    public void AnotherProjectsChanges_AreNotTouched()
    {
        var held = HeldUpdates.With([], "p", Parse("""$set {"a":1}"""))!.Value;

        Assert.Equal("""$set {"a":1} | $set {"a":2}""", Show(HeldUpdates.With(held, "q", Parse("""$set {"a":2}"""))!.Value));
        Assert.Equal("""$set {"a":1}""", Show(HeldUpdates.With(held, "q", Parse("$delete \"\""))!.Value));
    }

    [Fact]
    public void AsManyAsAllowed_AreHeld_AndOneMoreIsNot()
    {
        ImmutableArray<HeldUpdate> held = [];
        for (var i = 0; i < ProfileLimits.HeldMax; i++) held = HeldUpdates.With(held, "p", Parse("""$add {"a":1}"""))!.Value;

        Assert.Null(HeldUpdates.With(held, "p", Parse("""$add {"a":1}""")));
        Assert.NotNull(HeldUpdates.With(held, "p", Parse("$delete \"\"")));
    }

    [Fact]
    public void AsManyBytesAsAllowed_AreHeld_AndOneMoreIsNot()
    {
        static ImmutableArray<ProfileUpdate> Sized(int bytes) => Parse($"$append {{\"a\":\"{new string('x', bytes - 8)}\"}}");

        Assert.NotNull(HeldUpdates.With([], "p", Sized(ProfileLimits.HeldBytesMax)));
        Assert.Null(HeldUpdates.With([], "p", Sized(ProfileLimits.HeldBytesMax + 1)));
    }

    private static ImmutableArray<ProfileUpdate> Parse(string text) => [.. text.Split(" | ").Select(one =>
        new ProfileUpdate { Operation = one[..one.IndexOf(' ')], Argument = Encoding.UTF8.GetBytes(one[(one.IndexOf(' ') + 1)..]) })];

    private static string Show(ImmutableArray<HeldUpdate> held) =>
        string.Join(" | ", held.Select(one => $"{one.Update.Operation} {Encoding.UTF8.GetString(one.Update.Argument.Span)}"));
}
