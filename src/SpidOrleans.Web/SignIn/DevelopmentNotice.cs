using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.SignIn;

/// <summary>Says loudly that anybody may sign in as anybody. The demo client says so much and more by itself.</summary>
internal sealed partial class DevelopmentNotice(SpidSettings settings, ILogger<DevelopmentNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.HasDevelopmentSignIn && !settings.HasDemoClient) LogDevelopment(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 4304, Level = LogLevel.Warning, Message =
        "NO IDENTITY PROVIDER IS CONFIGURED: on this machine anybody signs in as anybody at /flow/login. Configure Identity before a proxy makes this host reachable")]
    private static partial void LogDevelopment(ILogger logger);
}
