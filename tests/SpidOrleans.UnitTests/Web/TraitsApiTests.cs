using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Traits;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>SPiD's REST API, on both hosts.</summary>
public sealed class TraitsApiTests
{
    private const string Traits = "/api/2/user/7/traits";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Traits_ArePostedShownAndTakenAway_InTheContainer(bool isFacade)
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade);
        var token = await TokenAsync(host);

        var posted = await ContainerAsync(await PostAsync(host, token, """{"key":"some-data"}"""), 200);
        Assert.Equal("""{"key":"some-data"}""", posted.GetProperty("data").GetRawText());
        posted = await ContainerAsync(await PostAsync(host, token, """{"trait":"OK"}"""), 200);
        Assert.Equal("""{"key":"some-data","trait":"OK"}""", posted.GetProperty("data").GetRawText());
        Assert.Equal("/api/2/user/{userId}/traits", posted.GetProperty("debug").GetProperty("route").GetProperty("url").GetString());

        var shown = await ContainerAsync(await SendAsync(host, HttpMethod.Get, Traits, token), 200);
        Assert.Equal("""{"key":"some-data","trait":"OK"}""", shown.GetProperty("data").GetRawText());
        shown = await ContainerAsync(await SendAsync(host, HttpMethod.Get, Traits + "?key=key", token), 200);
        Assert.Equal("""{"key":"some-data"}""", shown.GetProperty("data").GetRawText());
        shown = await ContainerAsync(await SendAsync(host, HttpMethod.Get, Traits + ".json?key=none", token), 200);
        Assert.Equal("{}", shown.GetProperty("data").GetRawText());

        var left = await ContainerAsync(await SendAsync(host, HttpMethod.Delete, "/api/2/user/7/trait/key", token), 202);
        Assert.Equal("""{"trait":"OK"}""", left.GetProperty("data").GetRawText());
        Assert.All(host.Grains.Calls, call => Assert.Equal("u:7", call.Key));
        Assert.All(host.Grains.Calls.Where(call => call.Source is not null), call => Assert.Equal("news", call.Source!.ClientId));
        Assert.Equal(2, host.Grains.Calls.Count(call => call.Method == "SetTraits (trusted)"));
    }

    [Theory]
    [InlineData("query")]
    [InlineData("bearer")]
    [InlineData("form")]
    public async Task TheToken_ComesInTheQueryTheHeaderOrTheForm(string where)
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade: true);
        var token = await TokenAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Post, Traits + (where == "query" ? "?oauth_token=" + token : ""),
            Form("traits={}" + (where == "form" ? "&oauth_token=" + token : "")), ("Authorization", where == "bearer" ? "Bearer " + token : ""));

        await ContainerAsync(response, 200);
    }

    [Theory]
    [InlineData("GET", Traits, "")]
    [InlineData("GET", Traits, "Bearer")]
    [InlineData("GET", Traits, "Bearer x")]
    [InlineData("GET", Traits, "Basic bmV3czpuZXdzLXNlY3JldA==")]
    [InlineData("GET", Traits + "?oauth_token=", "")]
    [InlineData("GET", Traits + "?oauth_token=x", "")]
    [InlineData("GET", Traits + ".jsonp?oauth_token=x", "")]
    [InlineData("POST", Traits, "")]
    [InlineData("DELETE", "/api/2/user/7/trait/a", "")]
    [InlineData("DELETE", "/api/2/user/7/trait/a?oauth_token=x", "")]
    public async Task WithoutAGoodToken_SpidsOAuthErrorIsAnswered(string method, string path, string authorization)
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await host.BrowseAsync(new HttpMethod(method), path, method == "POST" ? Form("traits={}") : null, ("Authorization", authorization));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var error = await response.JsonAsync();
        Assert.Equal("invalid_token", error.GetProperty("error").GetString());
        Assert.Equal(401, error.GetProperty("error_code").GetInt32());
        Assert.Equal("OAuthException", error.GetProperty("type").GetString());
        Assert.NotEmpty(error.GetProperty("error_description").GetString()!);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData("traits=[]")]
    [InlineData("traits={\"a\":null}")]
    [InlineData("traits={\"$name\":1}")]
    [InlineData("traits=")]
    [InlineData("other=1")]
    [InlineData("")]
    [InlineData("traits={}&traits={}")]
    public async Task WhatAreNoTraits_IsRefusedInTheContainer(string form)
    {
        await using var host = await WebHostFixture.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, Traits) { Content = Form(form) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(host));

        var container = await ContainerAsync(await host.Http.SendAsync(request), 400);

        Assert.Equal(JsonValueKind.Null, container.GetProperty("data").ValueKind);
        Assert.Equal(400, container.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal("ApiException", container.GetProperty("error").GetProperty("type").GetString());
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task WhatWasNotStored_SaysWhenToComeAgain()
    {
        await using var host = await WebHostFixture.StartAsync();
        var token = await TokenAsync(host);
        foreach (var (outcome, isTooMuch, status) in new[] { (TrackOutcome.LaneFull, false, 420), (TrackOutcome.Unavailable, false, 503), (TrackOutcome.Stored, true, 400) })
        {
            (host.Grains.SetOutcome, host.Grains.IsTooMuch) = (outcome, isTooMuch);
            var response = await PostAsync(host, token, """{"a":1}""");

            await ContainerAsync(response, status);
            Assert.Equal(status != 400, response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("Newsletter%20subscriber", "Newsletter subscriber")]
    [InlineData("%C3%A5", "å")]
    [InlineData("..", "..")]
    [InlineData("traits", "traits")]
    public async Task EveryTrait_IsAddressableByItsEncodedForm(string encoded, string name)
    {
        await using var host = await WebHostFixture.StartAsync();
        var token = await TokenAsync(host);

        var (status, body) = await host.SendRawAsync($"DELETE /api/2/user/a%2Fb/trait/{encoded}?oauth_token={token}", withCredentials: false);

        Assert.True(status == 202, body);
        var call = host.Grains.Calls.Single();
        Assert.Equal(("u:a/b", name), (call.Key, call.Argument));
    }

    [Theory]
    [InlineData("DELETE /api/2/user/7/trait/%ff", 400)]
    [InlineData("GET /api/2/user/null/traits", 400)]
    [InlineData("GET /api/2/user/%zz/traits", 400)]
    [InlineData("DELETE /api/2/user/7/trait/", 404)]
    [InlineData("DELETE /api/2/user/7/trait/a/b", 404)]
    [InlineData("GET /api/2/us%65r/7/traits", 404)]
    [InlineData("GET /api/2/user/7", 404)]
    public async Task APathThatNamesNobodyOrNothing_ReachesNoGrain(string target, int status)
    {
        await using var host = await WebHostFixture.StartAsync();
        var token = await TokenAsync(host);

        Assert.Equal(status, (await host.SendRawAsync($"{target}?oauth_token={token}", withCredentials: false)).Status);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData(null, "The body is larger than 131,072 bytes.")]
    [InlineData("100 KB", "The body is larger than 102,400 bytes (Limits:RequestBytes).")]
    public async Task AFormThatIsTooLarge_IsRefusedByTheBoundThatItHasPassed(string? limit, string expected)
    {
        await using var host = limit is null ? await WebHostFixture.StartAsync() : await WebHostFixture.StartAsync(("Limits:RequestBytes", limit));
        var token = await TokenAsync(host);

        var response = await host.BrowseAsync(HttpMethod.Post, Traits + "?oauth_token=" + token, Form("traits=" + new string('x', 140_000)));

        Assert.Equal(expected, (await response.ProblemAsync(413)).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Jsonp_HandsTheContainerToTheCallback_SafeInAScript()
    {
        await using var host = await WebHostFixture.StartAsync();
        var token = await TokenAsync(host);
        await PostAsync(host, token, """{"a":"</script>\u2028"}""");

        var response = await SendAsync(host, HttpMethod.Get, Traits + ".jsonp", token);
        var named = await (await SendAsync(host, HttpMethod.Get, Traits + ".jsonp?callback=f1", token)).Content.ReadAsStringAsync();
        var hostile = await SendAsync(host, HttpMethod.Get, Traits + ".jsonp?callback=alert(1)//", token);

        var session = await host.BrowseAsync(HttpMethod.Get, "/rpc/hasSession.js?client_id=news&redirect_uri=https://www.news.test/&callback=f1", null,
            ("Referer", "https://www.news.test/"));
        foreach (var name in new[] { "Cache-Control", "Content-Security-Policy", "Vary", "Cross-Origin-Resource-Policy", "Referrer-Policy" })
            Assert.Equal(session.Headers.GetValues(name), response.Headers.GetValues(name));
        foreach (var name in new[] { "Content-Type", "Content-Disposition" })
            Assert.Equal(session.Content.Headers.GetValues(name), response.Content.Headers.GetValues(name));
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        var script = await response.Content.ReadAsStringAsync();
        Assert.StartsWith("/**/callback({", script, StringComparison.Ordinal);
        Assert.DoesNotContain("</script>", script, StringComparison.Ordinal);
        Assert.True(Ascii(script));
        Assert.StartsWith("/**/f1({", named, StringComparison.Ordinal);
        await hostile.ProblemAsync(400);
        // A script of another status would not run.
        var noUser = await SendAsync(host, HttpMethod.Get, "/api/2/user/null/traits.jsonp?callback=f1", token);
        Assert.Equal(HttpStatusCode.OK, noUser.StatusCode);
        Assert.StartsWith("/**/f1({", await noUser.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        static bool Ascii(string text) => text.All(char.IsAscii);
    }

    [Fact]
    public async Task AVisitorAndAUser_AreShownWithTheAskingClientsTraits()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.Traits = new ClientTraits { ClientId = "news", Project = "news" }.With(
            [new Trait { Name = "b", Json = "[1,\"x\"]" }, new Trait { Name = "a", Json = "true" }, new Trait { Name = "gone" }]);

        foreach (var path in new[] { "/v1/users/7", "/v1/visitors/7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01" })
            Assert.Equal("""{"a":true,"b":[1,"x"]}""", (await (await host.SendAsync(HttpMethod.Get, path)).JsonAsync()).GetProperty("traits").GetRawText());
        Assert.Equal(["news", "news"], host.Grains.Calls.Where(call => call.Method == "GetTraits").Select(call => call.Argument));
    }

    [Fact]
    public async Task AProfileThatFindsTooManyWaiting_IsRefused()
    {
        await using var host = await WebHostFixture.StartAsync();
        host.Grains.SetOutcome = TrackOutcome.LaneFull;

        await (await host.SendAsync(HttpMethod.Put, "/v1/users/7/profile", """{"locale":"nb_NO"}""")).ProblemAsync(429);

        var call = host.Grains.Calls.Single();
        Assert.Equal(("SetProfile", "news"), (call.Method, call.Source!.ClientId));
    }

    private static async Task<string> TokenAsync(WebHostFixture host) =>
        (await (await host.BrowseAsync(HttpMethod.Post, "/oauth/token", Form("grant_type=client_credentials&client_id=news&client_secret=news-secret"))).JsonAsync())
        .GetProperty("access_token").GetString()!;

    private static Task<HttpResponseMessage> PostAsync(WebHostFixture host, string token, string traits) =>
        host.BrowseAsync(HttpMethod.Post, Traits, Form("traits=" + Uri.EscapeDataString(traits)), ("Authorization", "Bearer " + token));

    private static Task<HttpResponseMessage> SendAsync(WebHostFixture host, HttpMethod method, string path, string token) =>
        host.BrowseAsync(method, path, null, ("Authorization", "Bearer " + token));

    private static StringContent Form(string form) => new(form, Encoding.UTF8, "application/x-www-form-urlencoded");

    /// <summary>Asserts that the answer is SPiD's container of this status, and gives it.</summary>
    private static async Task<JsonElement> ContainerAsync(HttpResponseMessage response, int status)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var container = await response.JsonAsync();
        Assert.Equal(
            ["name", "version", "api", "object", "type", "code", "request", "debug", "meta", "error", "data"],
            container.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("SPP Container", "0.2", 2, "element", status), (
            container.GetProperty("name").GetString(), container.GetProperty("version").GetString(), container.GetProperty("api").GetInt32(),
            container.GetProperty("type").GetString(), container.GetProperty("code").GetInt32()));
        return container;
    }
}
