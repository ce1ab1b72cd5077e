using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class PreviewHandlerTests : IDisposable
{
    private static readonly string Token = Convert.ToBase64String("any:"u8);

    private readonly ImportJson _json = new();
    private readonly HttpMessageInvoker _wire;

    public PreviewHandlerTests() => _wire = new HttpMessageInvoker(new PreviewHandler(_json.Preview));

    public void Dispose() => _wire.Dispose();

    private byte[] Body => Encoding.UTF8.GetBytes($"[{_json.Event().ToJsonString()}]");

    private async Task<HttpStatusCode> PostAsync(byte[] body, bool isGzip = false, string? credentials = null, string target = "/import?strict=1")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, MixpanelProject.PreviewEndpoint + target);
        request.Content = new ByteArrayContent(body);
        if (isGzip) request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(credentials ?? "Basic " + Token);
        using var answer = await _wire.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return answer.StatusCode;
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest)) gzip.Write(plain);
        return buffer.ToArray();
    }

    [Fact]
    public async Task Import_PlainAndGzipped_IsTaken()
    {
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Body));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(Gzip(Body), isGzip: true));

        Assert.Equal(2, _json.Preview.Latest(10).Count);
    }

    [Fact]
    public async Task Import_OfBrokenGzip_IsRefused()
    {
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(Body, isGzip: true));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(Gzip(Body)[..^20], isGzip: true));
        Assert.Empty(_json.Preview.Latest(10));
    }

    [Fact]
    public async Task Import_OfAGzipBomb_IsTooLarge() =>
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PostAsync(Gzip(new byte[64 << 20]), isGzip: true));

    [Theory]
    [InlineData("Basic Og==")]
    [InlineData("Basic not-base64")]
    [InlineData("Basic")]
    [InlineData("Bearer abc")]
    [InlineData("Basic YW55")]
    public async Task Import_WithoutAToken_IsUnauthorised(string credentials) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(Body, credentials: credentials));

    [Fact]
    public async Task OtherPathsAndMethods_AreNotThere()
    {
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(Body, target: "/track"));
        using var get = new HttpRequestMessage(HttpMethod.Get, MixpanelProject.PreviewEndpoint + "/import");
        using var answer = await _wire.SendAsync(get, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Client_OfAProjectAtThePreviewEndpoint_DeliversThereThroughItsOwnTransport()
    {
        using var sut = new ClientUnderTest(_json.Clock);
        var project = ClientUnderTest.Project(new Uri(MixpanelProject.PreviewEndpoint));
        ReadOnlyMemory<byte>[] events =
        [
            Encoding.UTF8.GetBytes(_json.Event("good").ToJsonString()), Encoding.UTF8.GetBytes(_json.Event(" ").ToJsonString()),
        ];

        var outcome = await sut.Client.ImportAsync(project, events, TestContext.Current.CancellationToken);

        var refused = Assert.Single(Assert.IsType<SendOutcome.Refused>(outcome).Events);
        Assert.Equal((1, "event"), (refused.Index, refused.Field));
        Assert.Equal("good", Assert.Single(sut.Preview.Latest(10)).Event);
        Assert.IsType<SendOutcome.Accepted>(
            await sut.Client.ImportAsync(project, events[..1], TestContext.Current.CancellationToken));
        Assert.Equal(2, Assert.Single(sut.Preview.Latest(10)).Copies);
    }
}
