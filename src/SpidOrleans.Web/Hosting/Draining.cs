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
    /// <summary>Asks for the end of every connection that is used while the host drains.</summary>
    public static WebApplication UseDraining(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use((context, next) =>
        {
            // HTTP/2 has no such header; Kestrel says goodbye there itself.
            if (stopping.IsCancellationRequested && !HttpProtocol.IsHttp2(context.Request.Protocol)) context.Response.Headers.Connection = "close";
            return next(context);
        });
        return app;
    }
}
