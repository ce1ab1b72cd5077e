using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>Looks at what waits, every few seconds. Every silo does: a dead one is missed by nobody.</summary>
internal sealed partial class BacklogWatch(
    IBacklogReader reader, BacklogMetrics metrics, OutboxMetrics outbox, TimeProvider clock, ILogger<BacklogWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    private bool _isBlind;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                metrics.Looked(await reader.LookAsync(stoppingToken), outbox.AppendedByShard);
                _isBlind = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isBlind) LogBlind(logger, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
                _isBlind = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message =
        "What waits in the outbox could not be looked at ({Reason}): the gauges go by the last look until it can")]
    private static partial void LogBlind(ILogger logger, string reason);
}
