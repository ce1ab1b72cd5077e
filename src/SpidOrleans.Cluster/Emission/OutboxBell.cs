using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Contracts.Emission;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Publishes what was committed to the stream <c>outbox</c>, per shard and coalesced. A lost ring costs a sweep's
/// interval, never an event.</summary>
internal sealed partial class OutboxBell(IServiceProvider services, TimeProvider clock, ILogger<OutboxBell> logger)
    : BackgroundService, IOutboxBell
{
    public const string StreamName = "outbox";

    // Bounded by the number of shards.
    private readonly ConcurrentDictionary<Shard, int> _rung = new();
    private readonly SemaphoreSlim _any = new(0, 1);

    public void Ring(Shard shard, int appended)
    {
        _rung.AddOrUpdate(shard, static (_, count) => count, static (_, before, count) => before + count, appended);
        if (_any.CurrentCount > 0) return;
        try
        {
            _any.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else rang at the same moment.
        }
    }

    public void Trace(Shard shard, RequestTraces traces)
    {
        try
        {
            // One way: a trace is worth no wait.
            services.GetRequiredService<IGrainFactory>().GetGrain<IEmitterGrain>(shard.Key).TraceAsync(traces.Position, traces.Requests).Ignore();
        }
        catch (Exception exception)
        {
            LogTraceLost(logger, shard, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stream = services.GetRequiredService<IClusterClient>().GetStreamProvider(StreamName);
        while (!stoppingToken.IsCancellationRequested)
        {
            await _any.WaitAsync(stoppingToken);
            foreach (var shard in _rung.Keys)
            {
                if (_rung.TryRemove(shard, out var appended)) await PublishAsync(stream, shard, appended);
            }

            await Task.Delay(EmissionLimits.RingInterval, clock, stoppingToken);
        }
    }

    private async Task PublishAsync(IStreamProvider stream, Shard shard, int appended)
    {
        try
        {
            await stream.GetStream<OutboxRing>(StreamId.Create(StreamName, shard.Key))
                .OnNextAsync(new OutboxRing { Appended = appended });
        }
        catch (Exception exception)
        {
            LogRingLost(logger, shard, exception);
        }
    }

    [LoggerMessage(EventId = 3302, Level = LogLevel.Debug, Message = "The emitter of shard {Shard} was not told of sampled requests: their traces end with the commit")]
    private static partial void LogTraceLost(ILogger logger, Shard shard, Exception exception);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Debug, Message = "The ring for shard {Shard} was lost; the sweep will find its rows")]
    private static partial void LogRingLost(ILogger logger, Shard shard, Exception exception);
}
