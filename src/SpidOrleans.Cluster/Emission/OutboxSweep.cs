using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Emission;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Wakes the emitter of every shard that has rows: at start, then every few seconds. The outbox is the truth, the
/// stream only the faster bell.</summary>
internal sealed partial class OutboxSweep(
    IOutbox outbox, IGrainFactory grains, ClusterSettings settings, TimeProvider clock, ILogger<OutboxSweep> logger) : BackgroundService
{
    private readonly HashSet<string> _unknownProjects = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(EmissionLimits.SweepInterval, clock);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogSweepFailed(logger, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var shard in await outbox.ReadShardsAsync(cancellationToken))
        {
            if (settings.Projects.ContainsKey(shard.Project))
                await grains.GetGrain<IEmitterGrain>(shard.Key).WakeAsync().WaitAsync(EmissionLimits.SweepInterval, clock, cancellationToken);
            else if (_unknownProjects.Add(shard.Project))
                LogUnknownProject(logger, shard.Project);
        }
    }

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning, Message =
        "The sweep of the outbox failed; delivery goes on by the stream, and the next sweep is due in seconds")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Error, Message =
        "The outbox holds events of project {Project}, which is not configured: they wait until Projects:{Project} is back")]
    private static partial void LogUnknownProject(ILogger logger, string project);
}
