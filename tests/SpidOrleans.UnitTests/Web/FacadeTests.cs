using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class FacadeTests
{
    private const string Visitor = "7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01";

    [Fact]
    public async Task TheFacade_ServesTheClientBackEndsPartAndDocumentsJustThat()
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade: true);

        var document = await (await host.BrowseAsync(HttpMethod.Get, "/openapi/v1.json", null)).JsonAsync();

        Assert.Equal(
            ["/api/2/user/{userId}/trait/{trait}", "/api/2/user/{userId}/traits", "/api/2/user/{userId}/traits.json",
                "/api/2/user/{userId}/traits.jsonp", "/engage", "/groups", "/health/live", "/health/ready", "/import", "/oauth/token", "/track", "/v1/dead-letters", "/v1/dead-letters/replay",
                "/v1/dead-letters/{id}", "/v1/dead-letters/{id}/replay", "/v1/events", "/v1/users/{userId}", "/v1/users/{userId}/consent", "/v1/users/{userId}/export", "/v1/users/{userId}/profile", "/v1/visitors",
                "/v1/visitors/{visitorId}", "/v1/visitors/{visitorId}/consent", "/v1/visitors/{visitorId}/login", "/v1/visitors/{visitorId}/logout", "/v1/visitors/{visitorId}/registration"],
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/visitors/" + Visitor)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, "/docs/", null)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/js/spid-sdk.js")]
    [InlineData("GET", "/rpc/hasSession.js?client_id=news")]
    [InlineData("POST", "/v1/collect")]
    [InlineData("OPTIONS", "/v1/collect")]
    [InlineData("POST", "/demo/login")]
    [InlineData("GET", "/preview/events")]
    public async Task TheFacade_ServesNothingForBrowsers_EvenWithTheDemoClient(string method, string path)
    {
        await using var host = await WebHostFixture.StartAsync([], [], isFacade: true);

        await (await host.BrowseAsync(new HttpMethod(method), path, null)).ProblemAsync(404);
    }

    [Fact]
    public async Task WhileNoSiloAnswers_CallsAreRefusedAtOnce_AndResumeWithIt()
    {
        var reach = new Reach();
        await using var host = await WebHostFixture.StartHostAsync(isFacade: true, configure: services => services.AddSingleton<IClusterReach>(reach));

        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Post, "/v1/events", $$"""[{"event":"a","visitorId":"{{Visitor}}"}]"""),
            (HttpMethod.Get, "/v1/visitors/" + Visitor, null),
            (HttpMethod.Get, "/v1/users/ann", null),
        })
        {
            var refusal = await host.SendAsync(method, path, body);
            await refusal.ProblemAsync(503);
            Assert.True(refusal.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.Equal(["nosniff"], refusal.Headers.GetValues("X-Content-Type-Options"));
        }

        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, "/health/live", null)).StatusCode);
        Assert.Empty(host.Grains.Calls);
        reach.IsReachable = true;
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/visitors/" + Visitor)).StatusCode);
    }

    private sealed class Reach : IClusterReach
    {
        public bool IsReachable { get; set; }
    }
}
