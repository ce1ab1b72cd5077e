using System.Net;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary><c>Limits:RequestsPerClient</c> of 8: eight under way, sixteen in line.</summary>
public sealed class ClientGateTests
{
    private const int Room = 8;

    private static readonly (string, string) Narrow = ("Limits:RequestsPerClient", $"{Room}");

    [Fact]
    public async Task AClientThatHoldsItsShare_IsRefusedUnread_AndAnotherClientIsServedMeanwhile()
    {
        await using var host = await WebHostFixture.StartAsync(Narrow);
        using var counted = new CountedRefusals(host.Services);
        using var held = new ManualResetEventSlim();
        host.Grains.Track = key => { if (key == "u:ann") held.Wait(TimeSpan.FromSeconds(60)); return TrackOutcome.Stored; };
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Room + 8), ports);

        var underWay = Enumerable.Range(0, Room).Select(_ => host.SendAsync(HttpMethod.Post, "/v1/events", Event("ann"))).ToList();
        await UntilAsync(() => host.Grains.Calls.Count == Room);
        var gate = (ClientGate)host.Services.GetService(typeof(ClientGate))!;
        var waiting = Enumerable.Range(0, 2 * Room).Select(_ => host.SendAsync(HttpMethod.Post, "/v1/events", Event("ann"))).ToList();
        await UntilAsync(() => gate.Of("news").Waiting == 2 * Room || waiting.Any(answer => answer.IsCompleted));

        // What it says is not looked at.
        var refused = await host.SendAsync(HttpMethod.Post, "/v1/events", "no json");
        await refused.ProblemAsync(429);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        await (await host.SendAsync(HttpMethod.Get, "/v1/users/ann")).ProblemAsync(429);
        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, "/v1/events", Event("bob"), "partner:partner-secret")).StatusCode);
        Assert.Equal(0, counted.Of("client_requests", "partner"));
        Assert.True(counted.Of("client_requests", "news") >= 2);

        held.Set();
        Assert.All(await Task.WhenAll(underWay), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        // Those in line were served, or told in time that they would not be.
        Assert.All(await Task.WhenAll(waiting), answer => Assert.True(answer.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.TooManyRequests));
        await UntilAsync(() => (gate.Of("news").Weight, gate.Of("news").Waiting) == (0, 0));
    }

    [Fact]
    public async Task RoomIsGivenBack_HoweverARequestEnds()
    {
        await using var host = await WebHostFixture.StartAsync(Narrow);
        var gate = (ClientGate)host.Services.GetService(typeof(ClientGate))!;
        host.Grains.Track = _ => throw new TimeoutException();
        for (var i = 0; i < 3 * Room; i++)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.SendAsync(HttpMethod.Post, "/v1/events", Event("ann"))).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Post, "/v1/events", "no json")).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Get, "/v1/visitors/nobody")).StatusCode);
            await host.SendAsync(HttpMethod.Post, "/track", """[{"event":"a","properties":{"token":"t1","distinct_id":"ann"}}]""");
        }

        await UntilAsync(() => (gate.Of("news").Weight, gate.Of("news").Waiting) == (0, 0));
    }

    private static string Event(string user) => $$"""[{"event":"a","userId":"{{user}}"}]""";

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isTrue()) await Task.Delay(5, timeout.Token);
    }
}
