using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.Contracts.Events;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class EventsApiTests
{
    private const string Visitor = "7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01";
    private const string OneEvent = $$"""[{"event":"a","visitorId":"{{Visitor}}"}]""";

    [Fact]
    public async Task Events_OfSeveralIdentities_ReachTheirGrainsInOrderAndNothingElseDoes()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events", $$$"""
            {"events":[{"event":"1","visitorId":"{{{Visitor}}}"},{"event":"2","userId":"ann"},
            {"event":"3","visitorId":"{{{Visitor}}}","properties":{"a":1}},{"event":"4","userId":"ann"}]}
            """);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("""{"accepted":4}""", await response.Content.ReadAsStringAsync());
        var calls = host.Grains.Calls.OrderBy(call => call.Key).ToList();
        Assert.Equal(["u:ann", "v:" + Visitor], calls.Select(call => call.Key));
        Assert.Equal(["2", "4"], calls[0].Events.Select(tracked => tracked.Name));
        Assert.Equal(["1", "3"], calls[1].Events.Select(tracked => tracked.Name));
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(calls[1].Events[1].Properties.Span));
        Assert.All(calls, call => Assert.Equal(new EventSource { ClientName = "The News", Project = "news", ClientId = "news" }, call.Source));
        Assert.All(calls, call => Assert.False(call.FromBrowser));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("news:wrong")]
    [InlineData("news:")]
    [InlineData("nobody:news-secret")]
    [InlineData("news")]
    [InlineData("partner:news-secret")]
    public async Task Events_WithoutTheClientsCredentials_AreChallenged(string? credentials)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent, credentials);

        await response.ProblemAsync(401);
        Assert.StartsWith("Basic realm=", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task OneInvalidEvent_RefusesTheWholeRequestAndNamesThePlace()
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events",
            $$"""[{"event":"good","visitorId":"{{Visitor}}"},{"event":"","visitorId":"{{Visitor}}"}]""");

        var problem = await response.ProblemAsync(400);
        Assert.NotEmpty(problem.GetProperty("errors").GetProperty("events[1].event")[0].GetString()!);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData(TrackOutcome.LaneFull, TrackOutcome.Stored, 429)]
    [InlineData(TrackOutcome.Stored, TrackOutcome.Unavailable, 503)]
    [InlineData(TrackOutcome.LaneFull, TrackOutcome.Unavailable, 503)]
    public async Task Events_ThatAreNotAllDurable_AreRefusedWithTheTimeToComeBack(TrackOutcome visitor, TrackOutcome user, int status)
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Track = key => key[0] == 'v' ? visitor : user;

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events", $$"""[{"event":"1","visitorId":"{{Visitor}}"},{"event":"2","userId":"ann"}]""");

        await response.ProblemAsync(status);
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(Orleans.Runtime.OrleansException))]
    public async Task Events_WhoseGrainFails_AreToBeSentAgain(Type failure)
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Track = _ => throw (Exception)Activator.CreateInstance(failure)!;

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent);

        await response.ProblemAsync(503);
        Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task Events_BeyondTheLimitOfTheRequest_AreTooLarge()
    {
        await using var host = await WebHostFixture.StartAsync(("Limits:EventsPerRequest", "2"));
        var events = (int count) => $"[{string.Join(',', Enumerable.Repeat("""{"event":"a","userId":"ann"}""", count))}]";

        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, "/v1/events", events(2))).StatusCode);
        await (await host.SendAsync(HttpMethod.Post, "/v1/events", events(3))).ProblemAsync(413);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ABody_BeyondTheLimit_IsTooLargeHoweverItIsSent(bool chunked)
    {
        await using var host = await WebHostFixture.StartAsync(("Limits:RequestBytes", "2048"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(new string(' ', 3_000)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("news:news-secret"u8));
        request.Headers.TransferEncodingChunked = chunked;

        var problem = await (await host.Http.SendAsync(request)).ProblemAsync(413);
        Assert.Equal("The body is larger than 2,048 bytes (Limits:RequestBytes).", problem.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ALargeBody_ArrivesWholeHoweverItIsSent(bool chunked)
    {
        await using var host = await WebHostFixture.StartAsync();
        var properties = $$"""{"text":"{{new string('x', 700_000)}}"}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new StringContent($$"""[{"event":"a","userId":"ann","properties":{{properties}}}]""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("news:news-secret"u8));
        request.Headers.TransferEncodingChunked = chunked;

        Assert.Equal(HttpStatusCode.Accepted, (await host.Http.SendAsync(request)).StatusCode);
        Assert.Equal(properties, Encoding.UTF8.GetString(host.Grains.Calls.Single().Events[0].Properties.Span));
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", null)]
    [InlineData("application/json; charset=utf-16", null)]
    [InlineData("application/json", "gzip")]
    public async Task ABody_OfAnotherKind_IsAnUnsupportedMediaType(string contentType, string? encoding)
    {
        await using var host = await WebHostFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(OneEvent)) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("news:news-secret"u8));

        await (await host.Http.SendAsync(request)).ProblemAsync(415);
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task UnknownPathsAndMethods_AreProblemsToo()
    {
        await using var host = await WebHostFixture.StartAsync();

        await (await host.SendAsync(HttpMethod.Get, "/v1/nothing")).ProblemAsync(404);
        var response = await host.SendAsync(HttpMethod.Patch, "/v1/events", "{}");
        await response.ProblemAsync(405);
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task Events_FasterThanTheClientMaySend_AreRefusedUntilTheRateAllows()
    {
        await using var host = await WebHostFixture.StartAsync(("Limits:EventsPerSecondPerClient", "1"));
        var twenty = $"[{string.Join(',', Enumerable.Repeat("""{"event":"a","userId":"ann"}""", 20))}]";

        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, "/v1/events", twenty)).StatusCode);
        var refused = await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent);
        await refused.ProblemAsync(429);
        // What it says is not looked at any more.
        await (await host.SendAsync(HttpMethod.Post, "/v1/events", "no json")).ProblemAsync(429);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 15, 20);
        var other = await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent, "partner:partner-secret");
        Assert.Equal(HttpStatusCode.Accepted, other.StatusCode);
        Assert.Equal(2, host.Grains.Calls.Count);
    }

    [Fact]
    public async Task AReceipt_CountsEveryEventOfALargeRequest()
    {
        await using var host = await WebHostFixture.StartAsync();
        var events = $"[{string.Join(',', Enumerable.Repeat("""{"event":"a","userId":"ann"}""", 2_000))}]";

        var response = await host.SendAsync(HttpMethod.Post, "/v1/events", events);

        Assert.Equal(2_000, (await response.JsonAsync()).GetProperty("accepted").GetInt32());
        Assert.Equal(2_000, host.Grains.Calls.Single().Events.Length);
    }
}
