using System.Net;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>A network whose answers have headers and a body that never comes.</summary>
internal sealed class StallingHandler(HttpStatusCode status) : HttpMessageHandler
{
    private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The headers were taken and the body is being read.</summary>
    public Task Reading => _reading.Task.WaitAsync(ClientUnderTest.Patience);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpResponseMessage(status) { Content = new StreamContent(new Body(_reading)) });

    private sealed class Body(TaskCompletionSource reading) : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            reading.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }
}
