using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Metrics;
using SpidOrleans.Web.Operators;
using Xunit;

namespace SpidOrleans.UnitTests.Web.Operators;

/// <summary>Who gets to see <c>/metrics</c>, which stands for whatever is for operators. The tests' connections come from 127.0.0.1.</summary>
public sealed class OperatorLockTests
{
    private const string Path = "/metrics";
    private const string Password = "pässword: with a colon";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithoutAPassword_ThisMachineIsLetIn_AndNothingThatWasHandedOn(bool isFacade)
    {
        await using var host = await StartAsync(isFacade);

        var answer = await host.BrowseAsync(HttpMethod.Get, Path, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        foreach (var (name, value) in ((string, string)[])
            [("X-Forwarded-For", "127.0.0.1"), ("X-Real-IP", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 proxy"), ("Host", "metrics.news.test")])
            await (await host.BrowseAsync(HttpMethod.Get, Path, null, (name, value))).ProblemAsync(403);
    }

    [Fact]
    public async Task WithoutAPassword_AProxyThatAddsNoHeaderGivesItselfAwayByItsHttp10()
    {
        await using var host = await StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Get, Path) { Version = HttpVersion.Version10, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await (await host.Http.SendAsync(request)).ProblemAsync(403);
    }

    [Fact]
    public async Task WithoutAPassword_AHostThatNamesProxiesIsReachable_AndLetsNobodyIn()
    {
        await using var host = await StartAsync(more: ("Proxies:0", "10.0.0.7"));

        await (await host.BrowseAsync(HttpMethod.Get, Path, null)).ProblemAsync(403);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithAPassword_ItIsAskedForByBasic_UnderAnyNameAndFromAnywhere(bool isFacade)
    {
        await using var host = await StartAsync(isFacade, ("Console:Password", Password), ("Proxies:0", "127.0.0.1"));

        foreach (var wrong in (string?[])[null, "x:" + Password + " ", "news:news-secret", Password])
        {
            var refused = await host.SendAsync(HttpMethod.Get, Path, credentials: wrong);
            await refused.ProblemAsync(401);
            Assert.Equal("Basic", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        }

        foreach (var name in (string[])["", "prometheus", "anybody at all"])
            Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, Path, credentials: $"{name}:{Password}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, Path, null, Credentials, ("X-Forwarded-For", "203.0.113.9"))).StatusCode);
    }

    [Fact]
    public async Task WhoeverGuesses_IsNotListenedToForAMinute_NotEvenWithTheRightPassword()
    {
        var clock = new FakeTimeProvider();
        await using var host = await WebHostFixture.StartHostAsync(
            isFacade: true, [("Console:Password", Password), ("Proxies:0", "127.0.0.1")], services => Measure(services).AddSingleton<TimeProvider>(clock));
        Task<HttpResponseMessage> AskAsync(string password, string from) => host.BrowseAsync(
            HttpMethod.Get, Path, null, ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("x:" + password))), ("X-Forwarded-For", from));

        for (var guess = 0; guess < WrongGuesses.Max; guess++) await (await AskAsync($"guess {guess}", "203.0.113.9")).ProblemAsync(401);

        var refused = await AskAsync(Password, "203.0.113.9");
        await refused.ProblemAsync(429);
        Assert.Equal(WrongGuesses.Window, refused.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(Password, "203.0.113.10")).StatusCode);
        clock.Advance(WrongGuesses.Window);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(Password, "203.0.113.9")).StatusCode);
    }

    [Theory]
    [InlineData(403, "cross-site", "no-cors", "image")]
    [InlineData(403, "same-site", "cors", "empty")]
    [InlineData(403, "cross-site", "navigate", "iframe")]
    [InlineData(200, "cross-site", "navigate", "document")]
    [InlineData(200, "same-origin", "cors", "empty")]
    [InlineData(200, "none", "navigate", "document")]
    public async Task APageOfAnotherSite_MayLeadHereAndNothingMore(int expected, string site, string mode, string destination)
    {
        await using var host = await StartAsync(more: ("Console:Password", Password));
        await using var open = await StartAsync();
        (string, string)[] fetch = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)];

        Assert.Equal(expected, (int)(await host.BrowseAsync(HttpMethod.Get, Path, null, [Credentials, .. fetch])).StatusCode);
        Assert.Equal(expected, (int)(await open.BrowseAsync(HttpMethod.Get, Path, null, fetch)).StatusCode);
    }

    [Fact]
    public async Task AnOriginThatIsNotThisHosts_IsRefused()
    {
        await using var host = await StartAsync();

        await (await host.BrowseAsync(HttpMethod.Get, Path, null, ("Origin", "https://evil.test"))).ProblemAsync(403);
        await (await host.BrowseAsync(HttpMethod.Get, Path, null, ("Origin", "null"))).ProblemAsync(403);
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, Path, null, ("Origin", host.Origin))).StatusCode);
    }

    private static (string, string) Credentials => ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("x:" + Password)));

    private static Task<WebHostFixture> StartAsync(bool isFacade = false, params (string Key, string Value)[] more) =>
        WebHostFixture.StartHostAsync(isFacade, more, services => Measure(services));

    private static IServiceCollection Measure(IServiceCollection services)
    {
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddPrometheusExporter());
        return services;
    }
}
