using System.Text;
using System.Text.Json;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class ImportRequestTests : IAsyncLifetime
{
    private readonly ClientUnderTest _sut = new();
    private AnsweringServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await AnsweringServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _sut.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Request_ByToken_HasTheTokenAsUserWithEmptyPasswordAndNoProjectId()
    {
        Assert.IsType<SendOutcome.Accepted>(await _sut.SendAsync(_server.Endpoint));

        var arrival = Assert.Single(_server.Arrivals);
        Assert.Equal("POST", arrival.Method);
        Assert.Equal("/import?strict=1", arrival.Target);
        Assert.Equal("the-token:", Credentials(arrival));
    }

    [Fact]
    public async Task Request_ByServiceAccount_HasItsSecretAndTheProjectId()
    {
        var project = ClientUnderTest.Project(_server.Endpoint) with
        {
            ServiceAccount = "robot.a1b2",
            ServiceAccountSecret = "s:ecret/ø",
            ProjectId = "4 2",
        };

        await _sut.Client.ImportAsync(project, ClientUnderTest.Events(1), TestContext.Current.CancellationToken);

        var arrival = Assert.Single(_server.Arrivals);
        Assert.Equal("/import?strict=1&project_id=4%202", arrival.Target);
        Assert.Equal("robot.a1b2:s:ecret/ø", Credentials(arrival));
    }

    [Fact]
    public async Task Request_WithHalfAServiceAccount_FallsBackToTheToken()
    {
        var project = ClientUnderTest.Project(_server.Endpoint) with { ServiceAccount = "robot", ServiceAccountSecret = "secret" };

        await _sut.Client.ImportAsync(project, ClientUnderTest.Events(1), TestContext.Current.CancellationToken);

        Assert.Equal("the-token:", Credentials(Assert.Single(_server.Arrivals)));
        Assert.Equal("/import?strict=1", _server.Arrivals[0].Target);
    }

    [Fact]
    public async Task Request_ToAnEndpointWithAPath_KeepsThePath()
    {
        await _sut.SendAsync(new Uri(_server.Endpoint, "proxy/mixpanel/"));

        Assert.Equal("/proxy/mixpanel/import?strict=1", Assert.Single(_server.Arrivals).Target);
    }

    [Fact]
    public async Task Request_HasLengthTypeAndGzip_AndNoCookie()
    {
        _server.Answer = context =>
        {
            context.Response.Cookies.Append("tracker", "1");
            return AnsweringServer.WriteAsync(context, 200, AnsweringServer.AllGood);
        };
        await _sut.SendAsync(_server.Endpoint);
        await _sut.SendAsync(_server.Endpoint);

        Assert.All(_server.Arrivals, arrival =>
        {
            Assert.Equal("application/json", arrival.Headers["Content-Type"]);
            Assert.Equal("gzip", arrival.Headers["Content-Encoding"]);
            Assert.Equal($"{arrival.Body.Length}", arrival.Headers["Content-Length"]);
            Assert.DoesNotContain("Cookie", arrival.Headers.Keys);
            Assert.DoesNotContain("Transfer-Encoding", arrival.Headers.Keys);
        });
    }

    [Fact]
    public async Task Body_OfThreeEvents_IsTheirBytesAsOneJsonArray()
    {
        ReadOnlyMemory<byte>[] events = ["""{"event":"å","n":1.50}"""u8.ToArray(), "{ }"u8.ToArray(), """{"a":"\u0061"}"""u8.ToArray()];
        _server.Answer = context => AnsweringServer.WriteAsync(context, 200, """{"code":200,"num_records_imported":3}""");

        await _sut.Client.ImportAsync(ClientUnderTest.Project(_server.Endpoint), events, TestContext.Current.CancellationToken);

        Assert.Equal("""[{"event":"å","n":1.50},{ },{"a":"\u0061"}]""", Assert.Single(_server.Arrivals).Text());
    }

    [Fact]
    public async Task Body_ThatGzipCannotShrink_ArrivesWhole()
    {
        var random = new Random(17);
        var noise = Enumerable.Range(0, 1_000).Select(_ => random.NextInt64().ToString("x16") + random.NextInt64().ToString("x16"));
        ReadOnlyMemory<byte>[] events = [.. noise.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"\"{text}\""))];
        _server.Answer = context => AnsweringServer.WriteAsync(context, 200, """{"code":200,"num_records_imported":1000}""");

        await _sut.Client.ImportAsync(ClientUnderTest.Project(_server.Endpoint), events, TestContext.Current.CancellationToken);

        using var array = JsonDocument.Parse(Assert.Single(_server.Arrivals).Text());
        Assert.Equal(1_000, array.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2_000, true)]
    [InlineData(0, false)]
    [InlineData(2_001, false)]
    public async Task Batch_OfOneToTwoThousandEvents_IsSentAndNoOther(int count, bool isSent)
    {
        _server.Answer = context => AnsweringServer.WriteAsync(context, 200, $$"""{"code":200,"num_records_imported":{{count}}}""");

        if (isSent) Assert.IsType<SendOutcome.Accepted>(await _sut.SendAsync(_server.Endpoint, count));
        else await Assert.ThrowsAsync<ArgumentException>(() => _sut.SendAsync(_server.Endpoint, count));

        Assert.Equal(isSent ? 1 : 0, _server.Arrivals.Count);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Batch_OfTenMegabytesAsAnArray_IsSentAndNoLarger(int extra, bool isSent)
    {
        var half = new byte[MixpanelClient.BatchBytesMax / 2];
        half.AsSpan().Fill((byte)' ');
        // Two brackets and a comma belong to the ten megabytes.
        ReadOnlyMemory<byte>[] events = [half, half.AsMemory(0, half.Length - 3 + extra)];
        Assert.Equal(MixpanelClient.BatchBytesMax + extra, MixpanelClient.BatchBytes(events));
        _server.Answer = context => AnsweringServer.WriteAsync(context, 200, """{"code":200,"num_records_imported":2}""");

        var sending = _sut.Client.ImportAsync(
            ClientUnderTest.Project(_server.Endpoint), events, TestContext.Current.CancellationToken);

        if (isSent) Assert.IsType<SendOutcome.Accepted>(await sending);
        else await Assert.ThrowsAsync<ArgumentException>(() => sending);
    }

    private static string Credentials(AnsweringServer.Arrival arrival)
    {
        var header = arrival.Headers["Authorization"];
        Assert.StartsWith("Basic ", header, StringComparison.Ordinal);
        return Encoding.UTF8.GetString(Convert.FromBase64String(header["Basic ".Length..]));
    }
}
