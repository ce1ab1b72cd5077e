using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Demo;

/// <summary>Says loudly that the demo client, whose secrets everybody knows, is on.</summary>
internal sealed partial class DemoNotice(SpidSettings settings, IServer server, ILogger<DemoNotice> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (settings.HasDemoClient)
            LogDemo(logger, string.Join(", ", server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []));
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning, Message =
        "NO CLIENT IS CONFIGURED: the demo client 'demo', whose secrets are public, is served on {Addresses}. Configure Clients before anybody else relies on this host")]
    private static partial void LogDemo(ILogger logger, string addresses);
}
