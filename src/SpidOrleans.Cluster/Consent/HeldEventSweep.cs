using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Consent;

/// <summary>Lets those events go that have been held for longer than <c>Privacy:HeldRetention</c>, which it says aloud. Every silo does; what
/// one has removed the others do not find.</summary>
internal sealed partial class HeldEventSweep(
    IHeldEventStore store, ClusterSettings settings, TimeProvider clock, ILogger<HeldEventSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Events of one transaction.</summary>
    internal const int RemovedAtOnce = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LetGoAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
            }
        }
    }

    /// <summary>Also while the setting is off: what was held before it was still has its time.</summary>
    internal async Task LetGoAsync(CancellationToken cancellationToken)
    {
        var before = (clock.GetUtcNow() - settings.HeldRetention).ToUnixTimeMilliseconds();
        long gone = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var removed = await store.LetGoAsync(before, RemovedAtOnce);
            gone += removed;
            if (removed < RemovedAtOnce) break;
        }

        if (gone > 0) LogGone(logger, gone, settings.HeldRetention);
    }

    [LoggerMessage(EventId = 3500, Level = LogLevel.Information, Message =
        "{EventCount} events of persons who have not said whether they want to be tracked were held for {Retention} (Privacy:HeldRetention) and are gone for good")]
    private static partial void LogGone(ILogger logger, long eventCount, TimeSpan retention);

    [LoggerMessage(EventId = 3501, Level = LogLevel.Warning, Message = "The held events could not be looked through ({Reason}); the next look is due in a minute")]
    private static partial void LogFailed(ILogger logger, string reason);
}
