using System.Text;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>Changes of profiles on the wire, and what Mixpanel's answers to them mean.</summary>
public sealed class EngageTests
{
    private static readonly ReadOnlyMemory<byte> Change = """{"$distinct_id":"7","$set":{"a":1}}"""u8.ToArray();

    [Fact]
    public async Task Changes_GoAsOnePlainArray_EachWithTheToken()
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(200, """{"status":1,"error":null}""");
        using var sender = new ClientUnderTest();

        var outcome = await SendAsync(sender, server.Endpoint, Change, Change);

        Assert.IsType<SendOutcome.Accepted>(outcome);
        var arrival = Assert.Single(server.Arrivals);
        Assert.Equal(("POST", "/engage?verbose=1"), (arrival.Method, arrival.Target));
        // /engage refuses gzip, and credentials are none of its business.
        Assert.False(arrival.Headers.ContainsKey("Content-Encoding"));
        Assert.False(arrival.Headers.ContainsKey("Authorization"));
        Assert.Equal("application/json", arrival.Headers["Content-Type"]);
        Assert.Equal(arrival.Body.Length.ToString(), arrival.Headers["Content-Length"]);
        const string one = """{"$token":"the-\u0022token","$distinct_id":"7","$set":{"a":1}}""";
        Assert.Equal($"[{one},{one}]", Encoding.UTF8.GetString(arrival.Body));
    }

    [Theory]
    [InlineData("""{"status":1,"error":null}""", "Accepted")]
    [InlineData("""{"error":"","status":1}""", "Accepted")]
    [InlineData("1", "Accepted")]
    [InlineData("1\n", "Accepted")]
    [InlineData("0", "Refused")]
    [InlineData("""{"status":0,"error":"$distinct_id, missing or empty"}""", "Refused")]
    [InlineData("""{"status":1,"error":"some data points were invalid"}""", "Refused")]
    [InlineData("", "Retry")]
    [InlineData("2", "Retry")]
    [InlineData("{}", "Retry")]
    [InlineData("""{"status":"ok"}""", "Retry")]
    [InlineData("""{"status":1""", "Retry")]
    [InlineData("<html>", "Retry")]
    public async Task TheBody_NotTheStatus_SaysWhatBecameOfThem(string body, string expected)
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(200, body);
        using var sender = new ClientUnderTest();

        Assert.Equal(expected, (await SendAsync(sender, server.Endpoint, Change)).GetType().Name);
        // Of several nobody is told which: they are to be halved.
        Assert.Equal(expected == "Refused" ? "Unclear" : expected, (await SendAsync(sender, server.Endpoint, Change, Change)).GetType().Name);
    }

    [Theory]
    [InlineData(400, """{"error":"bad","status":0}""", "Refused")]
    [InlineData(400, "<html>", "Retry")]
    [InlineData(400, "1", "Retry")]
    [InlineData(401, """{"error":"x","status":"error"}""", "Unauthorised")]
    [InlineData(403, "", "Unauthorised")]
    [InlineData(413, "", "TooLarge")]
    [InlineData(429, "", "Retry")]
    [InlineData(502, "", "Retry")]
    public async Task OtherStatuses_AreWhatTheyAreForEvents(int status, string body, string expected)
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(status, body);
        using var sender = new ClientUnderTest();

        Assert.Equal(expected, (await SendAsync(sender, server.Endpoint, Change)).GetType().Name);
    }

    [Theory]
    [InlineData(200, """{"status":1,"error":null}""", false)]
    [InlineData(200, """{"status":0,"error":"bad"}""", false)]
    // Some were good, and nobody is told which.
    [InlineData(200, """{"status":1,"error":"some were bad"}""", true)]
    [InlineData(200, "", true)]
    [InlineData(200, "<html>", true)]
    [InlineData(500, "", true)]
    [InlineData(502, "", true)]
    [InlineData(504, "", true)]
    [InlineData(408, "", true)]
    [InlineData(503, "", false)]
    [InlineData(429, "", false)]
    [InlineData(404, "", false)]
    [InlineData(401, "", false)]
    [InlineData(413, "", false)]
    public async Task WhetherTheyMayHaveBeenMade_IsToldWhereItIsNotKnown(int status, string body, bool isUnknown)
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(status, body);
        using var sender = new ClientUnderTest();

        Assert.Equal(isUnknown, (await SendAsync(sender, server.Endpoint, Change, Change)).MayBeCarriedOut);
    }

    [Fact]
    public async Task WhereNobodyListens_NothingWasMade_AndAConnectionThatEndsSaysNothing()
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var sender = new ClientUnderTest();

        Assert.True((await SendAsync(sender, server.Endpoint, Change)).MayBeCarriedOut);
        await server.DisposeAsync();
        Assert.False((await SendAsync(sender, server.Endpoint, Change)).MayBeCarriedOut);
    }

    [Fact]
    public async Task GroupsChanges_GoToGroups_AndThePreviewShowsThem()
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(200, "1");
        using var sender = new ClientUnderTest();
        ReadOnlyMemory<byte>[] changes =
        [
            """{"$group_key":"company","$group_id":"7","$set":{"a":1,"l":["x"]}}"""u8.ToArray(), """{"$group_key":"company","$group_id":"7","$add":{"a":2,"n":1}}"""u8.ToArray(),
            """{"$group_key":"company","$group_id":"7","$union":{"l":["x","y"]}}"""u8.ToArray(), """{"$group_key":"company","$group_id":"7","$append":{"l":"z"}}"""u8.ToArray(),
            """{"$group_key":"company","$group_id":"7","$remove":{"l":"x"}}"""u8.ToArray(), """{"$group_key":"company","$group_id":"8","$set":{"a":1}}"""u8.ToArray(),
            """{"$group_key":"company","$group_id":"8","$delete":""}"""u8.ToArray(), """{"$group_key":"company","$group_id":"7","$distinct_id":"7","$set":{"bad":1}}"""u8.ToArray(),
        ];

        Assert.IsType<SendOutcome.Accepted>(await sender.Client.ChangeGroupsAsync(ClientUnderTest.Project(server.Endpoint), changes, TestContext.Current.CancellationToken));
        Assert.Equal("/groups?verbose=1", Assert.Single(server.Arrivals).Target);

        Assert.IsType<SendOutcome.Accepted>(await sender.Client.ChangeGroupsAsync(ClientUnderTest.Project(new Uri(MixpanelProject.PreviewEndpoint)), changes, TestContext.Current.CancellationToken));
        var profile = Assert.Single(sender.Preview.LatestProfiles(10));
        Assert.Equal(("company", "7", """{"a":3,"l":["y","z"],"n":1}"""), (profile.GroupKey, profile.DistinctId, profile.Properties.ToJsonString()));
    }

    [Fact]
    public async Task ARefusal_NamesMixpanelsReason()
    {
        await using var server = await AnsweringServer.StartAsync();
        server.Answer = Answer(200, """{"status":0,"error":"x\u0000y"}""");
        using var sender = new ClientUnderTest();

        var refused = Assert.Single(Assert.IsType<SendOutcome.Refused>(await SendAsync(sender, server.Endpoint, Change)).Events);
        Assert.Equal((0, null, "x\uFFFDy"), (refused.Index, refused.Field, refused.Message));
    }

    [Fact]
    public async Task WhatIsTooMuchWithTheTokens_IsHalvedBeforeItIsSent()
    {
        await using var server = await AnsweringServer.StartAsync();
        using var sender = new ClientUnderTest();
        var half = new byte[MixpanelClient.BatchBytesMax / 2 - 10];
        half.AsSpan().Fill((byte)'x');

        Assert.IsType<SendOutcome.TooLarge>(await SendAsync(sender, server.Endpoint, half, half));
        Assert.Empty(server.Arrivals);
    }

    [Fact]
    public async Task ThePreview_KeepsProfilesAsMixpanelDoes()
    {
        using var sender = new ClientUnderTest();
        var endpoint = new Uri(MixpanelProject.PreviewEndpoint);
        var before = sender.Preview.Version;

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, endpoint,
            Bytes("""{"$distinct_id":"7","$set":{"a":1,"b":"x"}}"""), Bytes("""{"$distinct_id":"7","$ignore_time":true,"$set":{"a":[2]}}"""),
            Bytes("""{"$distinct_id":"7","$set_once":{"a":3,"c":4}}"""), Bytes("""{"$distinct_id":"7","$unset":["b","none"]}"""),
            Bytes("""{"$distinct_id":"8","$ignore_time":true,"$set":{"a":1}}"""), Bytes("""{"$distinct_id":"9","$set":{}}"""),
            Bytes("""{"$distinct_id":"9","$delete":""}""")));

        var profiles = sender.Preview.LatestProfiles(10);
        Assert.Equal(["7 {\"a\":[2],\"c\":4}", "8 {\"a\":1}"], profiles.Select(profile => $"{profile.DistinctId} {profile.Properties.ToJsonString()}"));
        Assert.NotNull(profiles[0].LastSeenAt);
        Assert.Null(profiles[1].LastSeenAt);
        Assert.NotEqual(before, sender.Preview.Version);
    }

    [Theory]
    [InlineData("""{"$set":{"a":1}}""")]
    [InlineData("""{"$distinct_id":"","$set":{"a":1}}""")]
    [InlineData("""{"$distinct_id":7,"$set":{"a":1}}""")]
    [InlineData("""{"$distinct_id":"7"}""")]
    [InlineData("""{"$distinct_id":"7","$set":[1]}""")]
    [InlineData("""{"$distinct_id":"7","$unset":{"a":1}}""")]
    [InlineData("""{"$distinct_id":"7","$unset":[1]}""")]
    [InlineData("""{"$distinct_id":"7","$set":{"a":1},"$unset":["a"]}""")]
    [InlineData("""{"$distinct_id":"7","$bogus":{"a":1}}""")]
    public async Task ThePreview_RefusesWhatMixpanelDoes_AndOfSeveralOnlyIfNoneIsGood(string change)
    {
        using var sender = new ClientUnderTest();
        var endpoint = new Uri(MixpanelProject.PreviewEndpoint);

        Assert.IsType<SendOutcome.Refused>(await SendAsync(sender, endpoint, Bytes(change)));
        Assert.Empty(sender.Preview.LatestProfiles(10));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(sender, endpoint, Bytes(change), Change));
        Assert.Equal("7", Assert.Single(sender.Preview.LatestProfiles(10)).DistinctId);
    }

    [Fact]
    public async Task ThePreview_TakesNoGzipForProfiles()
    {
        using var sender = new ClientUnderTest();
        using var http = new HttpClient(new SpidOrleans.Mixpanel.Preview.PreviewHandler(sender.Preview));
        using var content = new ByteArrayContent([.. "["u8, .. Change.Span, .. "]"u8]) { Headers = { { "Content-Encoding", "gzip" } } };

        var answer = await http.PostAsync(new Uri(MixpanelProject.PreviewEndpoint + "/engage"), content, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)answer.StatusCode);
    }

    private static RequestDelegate Answer(int status, string body) => context => AnsweringServer.WriteAsync(context, status, body);

    private static ReadOnlyMemory<byte> Bytes(string json) => Encoding.UTF8.GetBytes(json);

    private static async Task<SendOutcome> SendAsync(ClientUnderTest sender, Uri endpoint, params ReadOnlyMemory<byte>[] changes)
    {
        using var patience = new CancellationTokenSource(ClientUnderTest.Patience);
        return await sender.Client.EngageAsync(new MixpanelProject("shop", "the-\"token") { Endpoint = endpoint }, changes, patience.Token);
    }
}
