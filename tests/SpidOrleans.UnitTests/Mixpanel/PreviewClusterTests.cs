using System.Text;
using System.Text.Json.Nodes;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>Original ID Merge in the preview.</summary>
public sealed class PreviewClusterTests
{
    private readonly ImportJson _json = new();
    private readonly string _visitor = Guid.NewGuid().ToString();

    private IEnumerable<string?> Failures => _json.Preview.Latest(1_000).Select(item => item.IdentityFailure).Where(failure => failure is not null);

    [Fact]
    public void Identify_MakesOnePersonOfBoth_ForwardsAndBackwards()
    {
        Import(Event("before", _visitor), Identify("4711", _visitor), Event("Login", "4711"), Event("late", _visitor), Event("other", Guid.NewGuid().ToString()));

        var persons = _json.Preview.Latest(10).Select(item => item.Person).ToList();
        Assert.Equal(["4711", "4711", "4711", "4711"], persons[..4]);
        Assert.NotEqual("4711", persons[4]);
        Assert.Empty(Failures);
    }

    [Fact]
    public void AnIdOnItsOwn_IsAPersonOfItsOwn_WhateverTheOtherTwoSay()
    {
        var item = Event("x", _visitor);
        item["properties"]!["$user_id"] = "4711";

        Import(item);

        Assert.Equal((_visitor, _visitor, null), (_json.Preview.Latest(1)[0].Person, _json.Preview.Latest(1)[0].DeviceId, _json.Preview.Latest(1)[0].UserId));
    }

    [Fact]
    public void WithoutDistinctId_AnEventIsRefused() =>
        Assert.Equal("properties.distinct_id", ImportJson.RefusedField(Import(_json.Event(device: "d1", user: "u1"))));

    [Fact]
    public void TheSecondUserOfOneAnonymousId_IsRefused_AndARepeatIsNot()
    {
        Import(Identify("1", _visitor), Identify("2", _visitor), Identify("1", _visitor), Event("x", _visitor));

        Assert.Equal(["errAnonDistinctIdAssignedAlready"], Failures);
        Assert.Equal("1", _json.Preview.Latest(1)[0].Person);
    }

    [Theory]
    [InlineData("4711", "4711", "errSameIDs")]
    [InlineData("4711", "visitor-1", "errAnonDistinctIdNonGUIDForm")]
    [InlineData("4711", "6f9619ff-8b86-1011-b42d-00c04fc964ff", "errAnonDistinctIdNonGUIDForm")]
    public void WhatMixpanelDoesNotJoin_StaysTwo(string identified, string anonymous, string reason)
    {
        Import(Identify(identified, anonymous), Event("x", anonymous));

        Assert.Equal([reason], Failures);
        Assert.Equal(anonymous, _json.Preview.Latest(1)[0].Person);
    }

    [Fact]
    public void TheUserAnd499AnonymousIds_AreOnePerson_AndTheNextIsNot()
    {
        var visitors = Enumerable.Range(0, 500).Select(_ => Guid.NewGuid().ToString()).ToList();

        Import([.. visitors[..499].Select(visitor => Identify("4711", visitor))]);
        Assert.Empty(Failures);
        Import(Identify("4711", visitors[499]), Identify("4711", visitors[0]), Event("x", visitors[499]), Event("y", visitors[498]));

        Assert.Equal(["errManyIDs"], Failures);
        Assert.Equal([visitors[499], "4711"], _json.Preview.Latest(2).Select(item => item.Person));
    }

    [Fact]
    public async Task AProjectsIdMerge_IsKnownToThePreview_ThoughNoRequestSaysIt()
    {
        using var sender = new ClientUnderTest();
        var project = ClientUnderTest.Project(new Uri(MixpanelProject.PreviewEndpoint)) with { IdMerge = IdMerge.Original };
        ReadOnlyMemory<byte>[] events = [.. new[] { Event("x", _visitor), Identify("4711", _visitor) }.Select(item =>
        {
            item["properties"]!["time"] = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            return (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(item.ToJsonString());
        })];

        Assert.IsType<SendOutcome.Accepted>(await sender.Client.ImportAsync(project, events, TestContext.Current.CancellationToken));

        Assert.Equal(["4711", "4711"], sender.Preview.Latest(2).Select(item => item.Person));
    }

    private PreviewAnswer Import(params JsonObject[] events) =>
        _json.Preview.Import(Encoding.UTF8.GetBytes($"[{string.Join(',', events.Select(item => item.ToJsonString()))}]"), IdMerge.Original);

    private JsonObject Event(string name, string id)
    {
        var item = _json.Event(name, device: null);
        item["properties"]!["distinct_id"] = id;
        return item;
    }

    private JsonObject Identify(string identified, string anonymous)
    {
        var item = Event("$identify", identified);
        item["properties"]!["$identified_id"] = identified;
        item["properties"]!["$anon_id"] = anonymous;
        return item;
    }
}
