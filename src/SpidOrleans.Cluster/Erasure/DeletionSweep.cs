using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Erasure;

/// <summary>Wakes the grain of every project that has a deletion to see to.</summary>
internal sealed partial class DeletionSweep(
    IDeletionStore store,
    IGrainFactory grains,
    ClusterSettings settings,
    TimeProvider clock,
    [FromKeyedServices(EmissionLimits.Clock)] TimeProvider pauses,
    ILogger<DeletionSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly HashSet<string> _unasked = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, pauses);
        do
        {
            try
            {
                foreach (var project in await store.ReadDeletionProjectsAsync(clock.GetUtcNow().ToUnixTimeMilliseconds(), stoppingToken))
                {
                    if (settings.Projects.GetValueOrDefault(project)?.DeletionToken is not null)
                        await grains.GetGrain<IDeletionGrain>(project).WakeAsync().WaitAsync(Interval, clock, stoppingToken);
                    else if (_unasked.Add(project))
                        LogNobodyToAsk(logger, project);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(EventId = 3311, Level = LogLevel.Error, Message =
        "Mixpanel is still to delete what erased persons have in project {Project}, which has no DeletionToken any more: nothing happens until it has one")]
    private static partial void LogNobodyToAsk(ILogger logger, string project);

    [LoggerMessage(EventId = 3312, Level = LogLevel.Warning, Message = "The look for deletions failed ({Reason}); the next one is due in seconds")]
    private static partial void LogFailed(ILogger logger, string reason);
}
