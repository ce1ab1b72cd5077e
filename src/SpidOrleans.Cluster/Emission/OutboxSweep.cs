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
                LogSweepFailed(logger, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var shards = await outbox.ReadShardsAsync(cancellationToken);
        foreach (var project in shards.Select(shard => shard.Project).Where(project => !settings.Projects.ContainsKey(project)))
        {
            if (_unknownProjects.Add(project)) LogUnknownProject(logger, project);
        }

        // Side by side: one that does not answer must not keep the bell from the others.
        await Task.WhenAll(shards.Where(shard => settings.Projects.ContainsKey(shard.Project)).Select(shard => WakeAsync(shard, cancellationToken)));
    }

    private async Task WakeAsync(Shard shard, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IEmitterGrain>(shard.Key).WakeAsync().WaitAsync(EmissionLimits.SweepInterval, clock, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogWakeFailed(logger, shard, exception.GetBaseException().Message);
        }
    }

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning, Message =
        "The sweep of the outbox failed ({Reason}); delivery goes on by the stream, and the next sweep is due in seconds")]
    private static partial void LogSweepFailed(ILogger logger, string reason);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Warning, Message = "The emitter of shard {Shard} could not be woken ({Reason}); the next sweep is due in seconds")]
    private static partial void LogWakeFailed(ILogger logger, Shard shard, string reason);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Error, Message =
        "The outbox holds events of project {Project}, which is not configured: they wait until Projects:{Project} is back")]
    private static partial void LogUnknownProject(ILogger logger, string project);
}
