using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class DocumentationAndHealthTests
{
    [Fact]
    public async Task OpenApi_DescribesEveryPathWithBodiesAnswersAndProblems()
    {
        await using var host = await WebHostFixture.StartAsync();

        var document = await (await host.BrowseAsync(HttpMethod.Get, "/openapi/v1.json", null)).JsonAsync();

        var served = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Where(path => !path.StartsWith("/docs", StringComparison.Ordinal) && !path.StartsWith("/openapi", StringComparison.Ordinal));
        var paths = document.GetProperty("paths");
        Assert.Equal(served.Distinct().Order(StringComparer.Ordinal), paths.EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));

        var track = paths.GetProperty("/v1/events").GetProperty("post");
        Assert.Equal(["202", "400", "401", "403", "408", "413", "415", "429", "503"], track.GetProperty("responses").EnumerateObject().Select(answer => answer.Name));
        var text = track.ToString();
        Assert.Contains("insertId", text + document.GetProperty("components"), StringComparison.Ordinal);
        Assert.Contains("application/problem\\u002Bjson", text.Replace("+", "\\u002B", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("basic", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("Basic").GetProperty("scheme").GetString());
        Assert.True(track.GetProperty("security")[0].TryGetProperty("Basic", out _));
        Assert.False(paths.GetProperty("/v1/collect").GetProperty("post").TryGetProperty("security", out _));
    }

    [Fact]
    public async Task OpenApi_TellsTheBoundsThatTheReadersEnforce()
    {
        await using var host = await WebHostFixture.StartAsync();

        var document = await (await host.BrowseAsync(HttpMethod.Get, "/openapi/v1.json", null)).JsonAsync();

        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(operations.Distinct(), operations);
        var logout = document.GetProperty("paths").GetProperty("/v1/visitors/{visitorId}/logout").GetProperty("post");
        Assert.False(logout.GetProperty("requestBody").TryGetProperty("required", out var required) && required.GetBoolean());
        Assert.Equal("uuid", logout.GetProperty("parameters")[0].GetProperty("schema").GetProperty("format").GetString());
        var events = Body("/v1/events", "post").GetProperty("events");
        Assert.Equal("uuid", events.GetProperty("items").GetProperty("properties").GetProperty("visitorId").GetProperty("format").GetString());
        Assert.Equal(["male", "female", "undisclosed", "withheld", null],
            Body("/v1/users/{userId}/profile", "put").GetProperty("gender").GetProperty("enum").EnumerateArray().Select(value => value.GetString()));
        foreach (var list in new[] { events, Body("/v1/collect", "post").GetProperty("events") })
            Assert.Equal((1, 2_000), (list.GetProperty("minItems").GetInt32(), list.GetProperty("maxItems").GetInt32()));

        JsonElement Body(string path, string method) => document.GetProperty("paths").GetProperty(path).GetProperty(method)
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("properties");
    }

    [Fact]
    public async Task TheDocsPage_LoadsNothingFromElsewhere()
    {
        await using var host = await WebHostFixture.StartAsync();

        var page = await host.BrowseAsync(HttpMethod.Get, "/docs/", null);

        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.DoesNotContain("//", html.Replace("<!--", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", policy, StringComparison.Ordinal);
        var script = await host.BrowseAsync(HttpMethod.Get, "/docs/scalar.js", null);
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    [Fact]
    public async Task TheSdk_IsCacheableAndForEveryOrigin()
    {
        await using var host = await WebHostFixture.StartAsync();

        var first = await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.js", null);
        var again = await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.js", null, ("If-None-Match", first.Headers.ETag!.ToString()));

        Assert.Equal("text/javascript; charset=utf-8", first.Content.Headers.ContentType!.ToString());
        Assert.True(first.Headers.CacheControl!.Public && first.Headers.CacheControl.MaxAge > TimeSpan.Zero);
        Assert.Equal(["cross-origin"], first.Headers.GetValues("Cross-Origin-Resource-Policy"));
        Assert.Contains("hasSession", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.d.ts", null)).StatusCode);
    }

    [Theory]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP;q=0.5", "gzip")]
    [InlineData("br;q=0, gzip;q=0.1", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*, br;q=0", "gzip")]
    [InlineData("*;q=0", null)]
    [InlineData("identity", null)]
    [InlineData("zstd", null)]
    [InlineData("; ,q=;", null)]
    [InlineData("", null)]
    public async Task TheSdk_ComesInTheSmallestFormThatTheBrowserTakes_EachUnderATagOfItsOwn(string accepted, string? coding)
    {
        await using var host = await WebHostFixture.StartAsync();
        var plain = await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.js", null);

        var served = await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.js", null, ("Accept-Encoding", accepted));
        var again = await host.BrowseAsync(HttpMethod.Get, "/js/spid-sdk.js", null, ("Accept-Encoding", accepted), ("If-None-Match", served.Headers.ETag!.ToString()));

        Assert.Equal(coding, served.Content.Headers.ContentEncoding.SingleOrDefault());
        var body = await served.Content.ReadAsByteArrayAsync();
        Assert.Equal(served.Content.Headers.ContentLength, body.Length);
        if (coding is not null) Assert.InRange(body.Length, 1, 8_191);
        using var packed = new MemoryStream(body);
        await using Stream stream = coding switch
        {
            "br" => new BrotliStream(packed, CompressionMode.Decompress),
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            _ => packed,
        };
        using var unpacked = new MemoryStream();
        await stream.CopyToAsync(unpacked);
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(), unpacked.ToArray());
        Assert.Equal(coding is null, served.Headers.ETag.Equals(plain.Headers.ETag));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        foreach (var answer in new[] { served, again }) Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
    }

    [Fact]
    public async Task Readiness_TurnsRedWhenTheHostDrainsButLivenessStays()
    {
        await using var host = await WebHostFixture.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, "/health/ready", null)).StatusCode);

        // Only the signal: the host goes on serving, as it does while requests finish.
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        await (await host.BrowseAsync(HttpMethod.Get, "/health/ready", null)).ProblemAsync(503);
        Assert.Equal("""{"status":"live"}""", await (await host.BrowseAsync(HttpMethod.Get, "/health/live", null)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Readiness_IsRedWhenACheckFailsOrHangs(bool hangs)
    {
        await using var host = await WebHostFixture.StartAsync([], [],
            services => services.AddHealthChecks().AddCheck("database", new Failing(hangs)));
        var stopwatch = Stopwatch.StartNew();

        await (await host.BrowseAsync(HttpMethod.Get, "/health/ready", null)).ProblemAsync(503);

        Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(8), $"answered after {stopwatch.Elapsed}");
        Assert.Equal(HttpStatusCode.OK, (await host.BrowseAsync(HttpMethod.Get, "/health/live", null)).StatusCode);
    }

    private sealed class Failing(bool hangs) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            // A driver that ignores its token.
            if (hangs) await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, CancellationToken.None);
            return HealthCheckResult.Unhealthy();
        }
    }
}
