using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace SpidOrleans.Web.Hosting;

/// <summary>
/// The time between being asked to stop and stopping. Readiness is red already, so a balancer sends no more; whoever still
/// holds a connection is told with the next answer to give it up. Only then does the port close, and hardly anybody is cut off.
/// </summary>
internal sealed class Draining(IHostApplicationLifetime lifetime, TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>Longer than a balancer's usual probing interval would be better for it and worse for whoever waits for the stop.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Nobody was served yet.
        if (!lifetime.ApplicationStarted.IsCancellationRequested) return;
        // A stop that no signal began must turn readiness red before the pause too.
        lifetime.StopApplication();

        // Whoever asks a second time does not want to wait. The signal that began the stop is not seen here: it came before.
        var hurried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hurry);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hurry);
        await hurried.Task.WaitAsync(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        void Hurry(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hurried.TrySetResult();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

public static class DrainingApplication
{
    /// <summary>By it a balancer that learns from answers alone (nginx, say) names the status that makes it choose another server.</summary>
    private const string StatusHeader = "X-Draining-Status";

    private const int Status = StatusCodes.Status502BadGateway;

    /// <summary>While the host drains: asks for the end of every connection that is used, and sends whoever only reads to another
    /// host, if his balancer says that it would take him there. That balancer then sends no more here, while the port is still open.</summary>
    public static WebApplication UseDraining(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) =>
        {
            if (!stopping.IsCancellationRequested) return next(context);
            // HTTP/2 has no such header; Kestrel says goodbye there itself.
            if (!HttpProtocol.IsHttp2(context.Request.Protocol)) context.Response.Headers.Connection = "close";
            if (!IsLedOn(context.Request)) return next(context);
            context.Response.StatusCode = Status;
            return Task.CompletedTask;
        });
        return app;
    }

    /// <summary>A balancer repeats a request elsewhere without asking only if it changes nothing.</summary>
    private static bool IsLedOn(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && request.Headers[StatusHeader] == $"{Status}";
}
