using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class RetryAfterTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ClientUnderTest _sut = new(new FakeTimeProvider(Now));
    private AnsweringServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await AnsweringServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _sut.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<TimeSpan?> WaitForAsync(int status, string retryAfter, DateTimeOffset serverTime)
    {
        _server.Answer = context =>
        {
            context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers.Date = serverTime.ToString("R");
            return AnsweringServer.WriteAsync(context, status, "");
        };
        return Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(_server.Endpoint)).After;
    }

    [Theory]
    [InlineData(429, "0", 0.0)]
    [InlineData(429, "7", 7.0)]
    [InlineData(503, "30", 30.0)]
    [InlineData(429, "3600", 3600.0)]
    [InlineData(429, "3601", 3600.0)]
    [InlineData(429, "86400", 3600.0)]
    [InlineData(429, "99999999999999", null)]
    [InlineData(429, "-5", null)]
    [InlineData(429, "soon", null)]
    [InlineData(429, "Sun, 01 Mar 2026 12:02:00 GMT", 120.0)]
    [InlineData(429, "Sun, 01 Mar 2026 11:00:00 GMT", 0.0)]
    [InlineData(429, "Mon, 02 Mar 2026 12:00:00 GMT", 3600.0)]
    public async Task RetryAfter_InEitherForm_IsReadUpToOneHour(int status, string header, double? seconds)
    {
        var expected = seconds is { } known ? TimeSpan.FromSeconds(known) : (TimeSpan?)null;

        Assert.Equal(expected, await WaitForAsync(status, header, Now));
    }

    [Fact]
    public async Task RetryAfter_AsDate_CountsFromTheServersClockWhereOursDiffers() =>
        Assert.Equal(
            TimeSpan.FromSeconds(20),
            await WaitForAsync(429, (Now + TimeSpan.FromMinutes(10)).ToString("R"), Now + TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(20)));
}
