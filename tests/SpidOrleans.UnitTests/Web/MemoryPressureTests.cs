using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public sealed class MemoryPressureTests
{
    private const string OneEvent = """[{"event":"a","userId":"ann"}]""";

    [Fact]
    public async Task WhileMemoryIsShort_WhatBringsABodyIsSentAway_AndQuestionsAreAnswered()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var live = 84L;
        using var pressure = new MemoryPressure(clock, () => (Volatile.Read(ref live), 100));
        await using var host = await WebHostFixture.StartHostAsync(isFacade: false, configure: services => services.AddSingleton(pressure));
        using var counted = new CountedRefusals(host.Services);

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent)).StatusCode);

        Volatile.Write(ref live, 86);
        clock.Advance(TimeSpan.FromSeconds(1));
        var refused = await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent);
        await refused.ProblemAsync(503);
        Assert.NotNull(refused.Headers.RetryAfter);
        await (await host.SendAsync(HttpMethod.Post, "/track", "[]")).ProblemAsync(503);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/users/ann")).StatusCode);
        Assert.Equal(2, counted.Of("memory", "-"));

        Volatile.Write(ref live, 10);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, (await host.SendAsync(HttpMethod.Post, "/v1/events", OneEvent)).StatusCode);
    }
}
