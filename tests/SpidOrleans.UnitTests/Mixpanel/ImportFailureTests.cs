using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class ImportFailureTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ClientUnderTest _sut;
    private readonly CancellationTokenSource _testEnds = new();
    private AnsweringServer _server = null!;

    public ImportFailureTests() => _sut = new ClientUnderTest(_clock);

    public async ValueTask InitializeAsync() => _server = await AnsweringServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _testEnds.CancelAsync();
        _sut.Dispose();
        await _server.DisposeAsync();
        _testEnds.Dispose();
    }

    /// <summary>Says when the request is there, then answers nothing until the client goes.</summary>
    private Task HoldTheAnswer(Func<HttpContext, Task>? first = null)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async context =>
        {
            if (first is not null) await first(context);
            arrived.TrySetResult();
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _testEnds.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        return arrived.Task.WaitAsync(ClientUnderTest.Patience);
    }

    [Fact]
    public async Task Answer_ThatDoesNotComeWithinTenSeconds_IsRetriedAndNotBefore()
    {
        var arrived = HoldTheAnswer();
        var sending = _sut.SendAsync(_server.Endpoint);
        await arrived;

        _clock.Advance(MixpanelClient.AttemptTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        var retry = Assert.IsType<SendOutcome.Retry>(await sending);
        Assert.Null(retry.StatusCode);
        Assert.Contains("10 s", retry.Reason, StringComparison.Ordinal);
        Assert.Single(_server.Arrivals);
    }

    [Fact]
    public async Task AProjectsOwnTimeout_Counts()
    {
        var arrived = HoldTheAnswer();
        var project = ClientUnderTest.Project(_server.Endpoint) with { Timeout = TimeSpan.FromSeconds(3) };
        var sending = _sut.Client.ImportAsync(project, ClientUnderTest.Events(1), TestContext.Current.CancellationToken);
        await arrived;

        _clock.Advance(TimeSpan.FromMilliseconds(2_999));
        Assert.False(sending.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Contains("3 s", Assert.IsType<SendOutcome.Retry>(await sending.WaitAsync(ClientUnderTest.Patience)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.BadRequest)]
    public async Task Body_ThatStallsAfterTheHeaders_IsRetriedAfterTheSameTenSeconds(HttpStatusCode status)
    {
        var network = new StallingHandler(status);
        using var sut = new ClientUnderTest(_clock, network);
        var sending = sut.SendAsync(_server.Endpoint);
        await network.Reading;

        _clock.Advance(MixpanelClient.AttemptTimeout);

        Assert.Contains("10 s", Assert.IsType<SendOutcome.Retry>(await sending).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, typeof(SendOutcome.Unauthorised))]
    [InlineData(413, typeof(SendOutcome.TooLarge))]
    [InlineData(503, typeof(SendOutcome.Retry))]
    public async Task Body_ThatDecidesNothing_IsNotWaitedFor(int status, Type expected)
    {
        var arrived = HoldTheAnswer(async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.Body.FlushAsync();
        });

        Assert.IsType(expected, await _sut.SendAsync(_server.Endpoint));
        await arrived;
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    public async Task Body_ThatIsCutOff_IsRetriedThoughItsBeginningLooksGood(int status)
    {
        _server.Answer = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentLength = 500;
            await context.Response.WriteAsync("""{"code":200,"num_records_imported":1,"failed_records":[{"index":0}]}""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

        Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(_server.Endpoint));
    }

    [Fact]
    public async Task Connection_ThatIsResetBeforeTheAnswer_IsRetried()
    {
        _server.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        var retry = Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(_server.Endpoint));

        Assert.Null(retry.StatusCode);
        Assert.NotEmpty(retry.Reason);
    }

    [Fact]
    public async Task Connection_ThatNobodyTakes_IsRetried()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var retry = Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(new Uri($"http://127.0.0.1:{port}")));

        Assert.Contains("ConnectionError", retry.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, typeof(SendOutcome.Retry))]
    [InlineData(2, typeof(SendOutcome.Unclear))]
    public async Task Answer_BeyondOneMegabyte_IsNotReadAndHalvedWhereThatIsPossible(int events, Type expected)
    {
        _server.Answer = context =>
            AnsweringServer.WriteAsync(context, 400, $$"""{"error":"{{new string('x', 1 << 20)}}"}""");

        Assert.IsType(expected, await _sut.SendAsync(_server.Endpoint, events));
    }

    [Fact]
    public async Task Cancellation_ByTheCaller_IsThrown()
    {
        var arrived = HoldTheAnswer();
        using var caller = new CancellationTokenSource();
        var sending = _sut.SendAsync(_server.Endpoint, cancellationToken: caller.Token);
        await arrived;

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Cancellation_BeforeTheCall_SendsNothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _sut.SendAsync(_server.Endpoint, cancellationToken: new CancellationToken(canceled: true)));

        Assert.Empty(_server.Arrivals);
    }

    [Fact]
    public async Task Failure_LeavesNoTrace_SoThatTheSameBatchIsAcceptedNext()
    {
        _server.Answer = context => AnsweringServer.WriteAsync(context, 500, "");
        Assert.IsType<SendOutcome.Retry>(await _sut.SendAsync(_server.Endpoint));
        _server.Answer = context => AnsweringServer.WriteAsync(context, 200, AnsweringServer.AllGood);

        Assert.IsType<SendOutcome.Accepted>(await _sut.SendAsync(_server.Endpoint));

        Assert.Equal(2, _server.Arrivals.Count);
        Assert.Equal(_server.Arrivals[0].Body, _server.Arrivals[1].Body);
    }
}
