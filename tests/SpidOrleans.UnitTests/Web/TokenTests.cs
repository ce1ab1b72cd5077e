using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SpidOrleans.Contracts.Events;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class TokenTests
{
    private const string Form = "grant_type=client_credentials&client_id=news&client_secret=news-secret";
    private const string OneEvent = """[{"event":"a","visitorId":"7b0a2b9e-5d3e-4b44-9f43-0d6a3e5d6a01"}]""";

    [Theory]
    [InlineData(false, Form, null)]
    [InlineData(true, Form, null)]
    [InlineData(false, "grant_type=client_credentials", "news:news-secret")]
    [InlineData(true, "grant_type=client_credentials&client_id=news&scope=&redirect_uri=x", "news:news-secret")]
    public async Task AToken_IsIssuedForTheSecret_AndActsForTheClient(bool isFacade, string form, string? credentials)
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade);

        var response = await PostAsync(host, form, credentials);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        var answer = await response.JsonAsync();
        Assert.Equal(("Bearer", 3_600), (answer.GetProperty("token_type").GetString(), answer.GetProperty("expires_in").GetInt32()));
        var token = answer.GetProperty("access_token").GetString()!;
        Assert.Equal(HttpStatusCode.Created, (await CallAsync(host, HttpMethod.Post, "/v1/visitors", token)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await CallAsync(host, HttpMethod.Post, "/v1/events", token, OneEvent)).StatusCode);
        Assert.Equal(new EventSource { ClientName = "The News", Project = "news", ClientId = "news" }, host.Grains.Calls.Single().Source);
    }

    [Theory]
    [InlineData(400, "invalid_request", "client_id=news&client_secret=news-secret", null)]
    [InlineData(400, "invalid_request", "grant_type=&client_id=news&client_secret=news-secret", null)]
    [InlineData(400, "invalid_request", Form + "&client_id=news", null)]
    [InlineData(400, "invalid_request", Form, "news:news-secret")]
    [InlineData(400, "invalid_request", "{}", null, "application/json")]
    [InlineData(400, "unsupported_grant_type", "grant_type=password&client_id=news&client_secret=news-secret", null)]
    [InlineData(400, "invalid_scope", Form + "&scope=all", null)]
    [InlineData(401, "invalid_client", "grant_type=client_credentials", null)]
    [InlineData(401, "invalid_client", "grant_type=client_credentials&client_id=news", null)]
    [InlineData(401, "invalid_client", "grant_type=client_credentials&client_id=nobody&client_secret=news-secret", null)]
    [InlineData(401, "invalid_client", "grant_type=client_credentials&client_id=news&client_secret=partner-secret", null)]
    [InlineData(401, "invalid_client", "grant_type=client_credentials", "news:wrong")]
    [InlineData(401, "invalid_client", "grant_type=client_credentials&client_id=partner", "news:news-secret")]
    [InlineData(401, "invalid_client", "grant_type=password", "news:wrong")]
    public async Task ARefusal_SaysWhyAsTheStandardDoes(
        int status, string error, string body, string? credentials, string contentType = "application/x-www-form-urlencoded")
    {
        await using var host = await WebHostFixture.StartAsync();

        var response = await PostAsync(host, body, credentials, contentType);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var answer = await response.JsonAsync();
        Assert.Equal(error, answer.GetProperty("error").GetString());
        Assert.NotEmpty(answer.GetProperty("error_description").GetString()!);
        Assert.Equal(status == 401, response.Headers.WwwAuthenticate.ToString().StartsWith("Basic realm=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("news:s%C3%A9cret%2B%25%3A+x")]
    [InlineData("news:sécret+%: x")]
    public async Task BasicCredentials_AreTakenEncodedAsTheStandardSaysAndPlain(string credentials)
    {
        await using var host = await WebHostFixture.StartAsync(("Clients:news:Secret", "sécret+%: x"));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(host, "grant_type=client_credentials", credentials)).StatusCode);
    }

    [Fact]
    public async Task AFormThatIsTooLarge_IsNotRead()
    {
        await using var host = await WebHostFixture.StartAsync();

        await (await PostAsync(host, Form + "&x=" + new string('x', 17_000))).ProblemAsync(413);
    }

    [Fact]
    public async Task AToken_IsTakenByEveryInstanceWithTheSameSecret_AndByNoneWithAnother()
    {
        await using var silo = await WebHostFixture.StartHostAsync(isFacade: false);
        await using var facade = await WebHostFixture.StartHostAsync(isFacade: true);
        await using var changed = await WebHostFixture.StartHostAsync(isFacade: true, [("Clients:news:Secret", "news-secret-2")]);
        var token = await TokenAsync(facade);

        Assert.Equal(HttpStatusCode.Created, (await CallAsync(silo, HttpMethod.Post, "/v1/visitors", token)).StatusCode);
        await AssertInvalidAsync(await CallAsync(changed, HttpMethod.Post, "/v1/visitors", token));
    }

    [Fact]
    public async Task AToken_EndsAfterAnHour()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await WebHostFixture.StartHostAsync(isFacade: true, configure: services => services.AddSingleton<TimeProvider>(clock));
        var token = await TokenAsync(host);

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(HttpStatusCode.Created, (await CallAsync(host, HttpMethod.Post, "/v1/visitors", token)).StatusCode);
        clock.Advance(TimeSpan.FromMinutes(1));
        await AssertInvalidAsync(await CallAsync(host, HttpMethod.Post, "/v1/visitors", token));
    }

    /// <summary>The first is made as ours are, so that the others can only fail for what they change.</summary>
    [Theory]
    [InlineData(201)]
    [InlineData(401, "partner-secret")]
    [InlineData(401, "news-secret", "partner")]
    [InlineData(401, "news-secret", "news", "partner")]
    [InlineData(401, "news-secret", "nobody", "nobody")]
    [InlineData(401, "news-secret", "news", "news", "elsewhere")]
    [InlineData(401, "news-secret", "news", "news", "spidorleans", "elsewhere")]
    [InlineData(401, "news-secret", "news", "news", "spidorleans", "spidorleans", "JWT")]
    [InlineData(401, "news-secret", "news", "news", "spidorleans", "spidorleans", "at+jwt", false)]
    public async Task AForgedToken_IsRefused(int status, string secret = "news-secret", string kid = "news", string subject = "news",
        string issuer = "spidorleans", string audience = "spidorleans", string type = "at+jwt", bool isSigned = true)
    {
        await using var host = await WebHostFixture.StartHostAsync(isFacade: true);
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: "SpidOrleans access token"u8.ToArray());
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            TokenType = type,
            NotBefore = now,
            Expires = now.AddHours(1),
            Claims = new Dictionary<string, object> { ["sub"] = subject },
            SigningCredentials = isSigned ? new(new SymmetricSecurityKey(key) { KeyId = kid }, SecurityAlgorithms.HmacSha256) : null,
        });

        var response = await CallAsync(host, HttpMethod.Post, "/v1/visitors", token);

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 401) await AssertInvalidAsync(response);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("bearer x")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer eyJhbGciOiJub25lIiwia2lkIjoibmV3cyIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJuZXdzIiwiaXNzIjoic3BpZG9ybGVhbnMiLCJhdWQiOiJzcGlkb3JsZWFucyIsImV4cCI6NDA3MDkwODgwMH0.")]
    public async Task WhatIsNoToken_IsRefused(string header)
    {
        await using var host = await WebHostFixture.StartAsync();

        await AssertInvalidAsync(await host.BrowseAsync(HttpMethod.Post, "/v1/visitors", null, ("Authorization", header)));
        await AssertInvalidAsync(await host.BrowseAsync(HttpMethod.Post, "/v1/events", new StringContent(OneEvent), ("Authorization", header)));
        Assert.Empty(host.Grains.Calls);
    }

    [Fact]
    public async Task OpenApi_TellsOfTokens()
    {
        await using var host = await WebHostFixture.StartAsync();

        var document = await (await host.BrowseAsync(HttpMethod.Get, "/openapi/v1.json", null)).JsonAsync();

        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("Bearer");
        Assert.Equal("bearer", scheme.GetProperty("scheme").GetString());
        var paths = document.GetProperty("paths");
        var security = paths.GetProperty("/v1/events").GetProperty("post").GetProperty("security").EnumerateArray().ToList();
        Assert.Equal(["Basic", "Bearer"], security.Select(either => either.EnumerateObject().Single().Name));
        var issue = paths.GetProperty("/oauth/token").GetProperty("post");
        Assert.True(issue.GetProperty("requestBody").GetProperty("content").TryGetProperty("application/x-www-form-urlencoded", out _));
        foreach (var status in new[] { "200", "400", "401" })
            Assert.True(issue.GetProperty("responses").GetProperty(status).GetProperty("content").TryGetProperty("application/json", out _));
    }

    private static async Task AssertInvalidAsync(HttpResponseMessage response)
    {
        await response.ProblemAsync(401);
        Assert.StartsWith("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> TokenAsync(WebHostFixture host) =>
        (await (await PostAsync(host, Form)).JsonAsync()).GetProperty("access_token").GetString()!;

    private static Task<HttpResponseMessage> PostAsync(
        WebHostFixture host, string form, string? credentials = null, string contentType = "application/x-www-form-urlencoded") =>
        host.BrowseAsync(HttpMethod.Post, "/oauth/token", new StringContent(form, Encoding.UTF8, contentType), ("Authorization",
            credentials is null ? "" : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials))));

    private static Task<HttpResponseMessage> CallAsync(WebHostFixture host, HttpMethod method, string path, string token, string? json = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return host.Http.SendAsync(request);
    }
}
