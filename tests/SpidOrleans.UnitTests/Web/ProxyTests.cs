using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.UnitTests.Web.SignIn;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>Whose word counts on where a request comes from. The tests' own connections come from 127.0.0.1.</summary>
public sealed class ProxyTests
{
    private const string Peer = "127.0.0.1";
    private const string Session = "/rpc/hasSession.js?client_id=news&redirect_uri=https://www.news.test/&callback=f1";

    private static readonly (string, string) Referer = ("Referer", "https://www.news.test/");

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9", Peer)]
    [InlineData("2001:db8::9", "2001:db8::9", Peer)]
    [InlineData("203.0.113.9, 198.51.100.7", "198.51.100.7", Peer)]
    [InlineData("203.0.113.9, 198.51.100.7", "203.0.113.9", Peer, "198.51.100.0/24")]
    [InlineData("192.0.2.1, 203.0.113.9, 198.51.100.7", "203.0.113.9", "127.0.0.0/8", "198.51.100.7")]
    [InlineData("127.0.0.1, 203.0.113.9", "203.0.113.9", Peer)]
    [InlineData("no address", Peer, Peer)]
    [InlineData("203.0.113.9", Peer, "10.0.0.0/8")]
    [InlineData("203.0.113.9", Peer, "::1")]
    [InlineData("203.0.113.9", Peer)]
    public async Task TheAddressOfAnEvent_IsTheNearestThatIsNoProxyOfOurs(string forwardedFor, string expected, params string[] proxies)
    {
        await using var host = await StartAsync(proxies);
        var (cookie, _) = await SessionApiTests.VisitAsync(host);

        var body = new StringContent("""{"clientId":"news","events":[{"event":"e","time":1795478807652,"insertId":"i-1"}]}""", Encoding.UTF8, "text/plain");
        var response = await host.BrowseAsync(HttpMethod.Post, "/v1/collect", body, ("Origin", WebHostFixture.PageOrigin), cookie, ("X-Forwarded-For", forwardedFor));

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(expected, Assert.Single(Assert.Single(host.Grains.Calls).Events).Ip);
    }

    [Theory]
    [InlineData(true, Peer)]
    [InlineData(false, "10.0.0.7")]
    [InlineData(false)]
    public async Task TheCookie_IsSecureWhereOurProxySaysHttps(bool isSecure, params string[] proxies)
    {
        await using var host = await StartAsync(proxies);

        var response = await host.BrowseAsync(HttpMethod.Get, Session, null, Referer, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"));

        Assert.Equal(isSecure, response.SetCookie()!.Contains("; secure", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(false, Peer)]
    [InlineData(true, Peer)]
    [InlineData(false, "10.0.0.7")]
    [InlineData(true, "10.0.0.7")]
    public async Task BothHosts_KnowByWhichSchemeAndFromWhereTheyAreReached(bool isFacade, string proxy)
    {
        var seen = new Seen();
        await using var host = await WebHostFixture.StartHostAsync(isFacade, [("Proxies:0", proxy)], services => services.AddSingleton<IStartupFilter>(seen));

        await host.BrowseAsync(HttpMethod.Get, "/health/live", null, ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.9"));

        Assert.Equal(proxy == Peer ? ("https", "203.0.113.9") : ("http", Peer), await seen.Request.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task WhatIsForThisMachineAlone_IsShutToWhateverAProxyHandsOn(string header, string value)
    {
        await using var demo = await WebHostFixture.StartDemoAsync();
        await using var host = await SignInHost.StartAsync();

        await (await demo.BrowseAsync(HttpMethod.Get, "/preview/events", null, (header, value))).ProblemAsync(403);
        await (await host.BrowseAsync(HttpMethod.Get, SignInHost.Flow("/flow/login"), null, (header, value))).ProblemAsync(501);
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, SignInHost.Flow("/flow/login"), null)).StatusCode);
    }

    [Fact]
    public async Task AConfiguredProxy_MakesTheHostReachable_EvenIfItSaysNothing()
    {
        await using var host = await SignInHost.StartAsync(null, ("Proxies:0", Peer));

        await (await host.BrowseAsync(HttpMethod.Get, SignInHost.Flow("/flow/login"), null)).ProblemAsync(501);
        var fault = Assert.Single((await Assert.ThrowsAsync<ConfigurationException>(() => WebHostFixture.StartAsync([], [("Proxies:0", Peer)]))).Faults);
        Assert.Equal("configuration: Clients is missing; expected at least one client, since Proxies make the host reachable", fault.ToString());
    }

    /// <summary>A request as it was when it had been served.</summary>
    private sealed class Seen : IStartupFilter
    {
        private readonly TaskCompletionSource<(string Scheme, string? From)> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<(string Scheme, string? From)> Request => _request.Task;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, serve) =>
            {
                await serve(context);
                _request.TrySetResult((context.Request.Scheme, context.Connection.RemoteIpAddress?.ToString()));
            });
            next(app);
        };
    }

    private static Task<WebHostFixture> StartAsync(string[] proxies) =>
        WebHostFixture.StartAsync([.. proxies.Select((proxy, index) => ($"Proxies:{index}", proxy))]);
}
