using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>Looks at this silo in every slot of <see cref="TrafficReport"/>, and tells what it has seen.</summary>
internal sealed partial class SiloObservation(
    Traffic traffic, DeliveryBoard board, LiveViews views, IBacklogReader backlog, OperationsWatch watch, ClusterOperations cluster, TimeProvider clock,
    ILogger<SiloObservation> logger) : BackgroundService
{
    private static readonly string Version =
        typeof(SiloObservation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private double _processorPercent;
    private TimeSpan _processorTime;
    private long _sampledAt;

    public SiloReport Tell() => new()
    {
        Version = Version,
        StartedAt = _startedAt,
        MemoryBytes = Environment.WorkingSet,
        ProcessorPercent = Volatile.Read(ref _processorPercent),
        Shards = [.. board.Tell()],
        Traffic = [.. traffic.Tell()],
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        var slot = traffic.SlotNow;
        watch.Erased = cluster.Forget;
        Sample();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            views.Leave();
            if (traffic.SlotNow == slot) continue;
            traffic.Turn(slot, await ReadLagAsync(stoppingToken));
            slot = traffic.SlotNow;
            Sample();
        }
    }

    private void Sample()
    {
        using var process = Process.GetCurrentProcess();
        var (now, time) = (clock.GetTimestamp(), process.TotalProcessorTime);
        if (_sampledAt != 0)
        {
            var percent = 100 * (time - _processorTime) / (clock.GetElapsedTime(_sampledAt, now) * Environment.ProcessorCount);
            Volatile.Write(ref _processorPercent, percent);
        }

        (_sampledAt, _processorTime) = (now, time);
    }

    /// <returns>Seconds by project; null: the database does not answer.</returns>
    private async Task<Dictionary<string, int>?> ReadLagAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(OperationsLimits.AnswerWithin);
            var shards = await backlog.LookAsync(timeout.Token).WaitAsync(OperationsLimits.AnswerWithin, clock, cancellationToken);
            return shards.GroupBy(shard => shard.Shard.Project).ToDictionary(
                project => project.Key, project => (int)Math.Min(project.Max(shard => shard.Oldest).TotalSeconds, int.MaxValue));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnseen(logger, exception);
            return null;
        }
    }

    [LoggerMessage(EventId = 3404, Level = LogLevel.Debug, Message = "How far behind the projects are could not be seen")]
    private static partial void LogUnseen(ILogger logger, Exception exception);
}
