using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Web.Admission;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

public class RequestBodyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, string?> OneClient = new()
    {
        ["Projects:news:Token"] = "t",
        ["Clients:news:Secret"] = "news-secret",
    };

    [Theory]
    [InlineData(false, 29, 2)]
    [InlineData(true, 4, 2)]
    public async Task ADrippingBody_IsGivenUpSoonerOnceTheHostStops(bool stopping, int patienceSeconds, int moreSeconds)
    {
        var clock = new FakeTimeProvider();
        await using var host = await WebHostFixture.StartAsync(OneClient, [], services => services.AddSingleton<TimeProvider>(clock));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Http.BaseAddress!.Port).WaitAsync(Patience);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {Convert.ToBase64String("news:news-secret"u8)}\r\nContent-Length: 100\r\n\r\n[{{"));
        await UntilAsync(() => Budget(host).Bytes > 0);
        using var reader = new StreamReader(stream);
        var answer = reader.ReadLineAsync();

        if (stopping) host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        clock.Advance(TimeSpan.FromSeconds(patienceSeconds));
        Assert.True(Budget(host).Bytes > 0, "given up too early");
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(moreSeconds));

        Assert.Equal("HTTP/1.1 408 Request Timeout", await answer.WaitAsync(Patience));
        var rest = new StringBuilder();
        while (await reader.ReadLineAsync().WaitAsync(Patience) is { Length: > 0 } line) rest.AppendLine(line);
        Assert.Contains("Connection: close", rest.ToString(), StringComparison.Ordinal);
        Assert.Contains("application/problem+json", rest.ToString(), StringComparison.Ordinal);
        Assert.Empty(host.Grains.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodiesBeyondTheBudgetOfTheHost_AreToComeBackAndWhatWasTakenIsGivenBack(bool chunked)
    {
        await using var host = await WebHostFixture.StartAsync(OneClient, [], services => services.AddSingleton(new BodyBudget(100_000)));

        for (var round = 0; round < 3; round++)
        {
            var refused = await SendAsync(host, 300_000, chunked);
            await refused.ProblemAsync(503);
            Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
            Assert.Equal(HttpStatusCode.Accepted, (await SendAsync(host, 50_000, chunked)).StatusCode);
            await UntilAsync(() => Budget(host).Bytes == 0);
        }
    }

    private static Task<HttpResponseMessage> SendAsync(WebHostFixture host, int bytes, bool chunked)
    {
        var json = $$$"""[{"event":"a","userId":"ann","properties":{"text":"{{{new string('x', bytes)}}}"}}]""";
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String("news:news-secret"u8));
        request.Headers.TransferEncodingChunked = chunked;
        return host.Http.SendAsync(request);
    }

    private static BodyBudget Budget(WebHostFixture host) => host.Services.GetRequiredService<BodyBudget>();

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!isTrue()) await Task.Delay(5, timeout.Token);
    }
}
