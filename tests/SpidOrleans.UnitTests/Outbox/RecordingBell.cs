using System.Collections.Concurrent;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Telemetry;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>Keeps what was rung, in order.</summary>
internal sealed class RecordingBell : IOutboxBell
{
    public ConcurrentQueue<(Shard Shard, int Appended)> Rings { get; } = new();

    public ConcurrentQueue<(Shard Shard, RequestTraces Traces)> Traces { get; } = new();

    public void Trace(Shard shard, RequestTraces traces) => Traces.Enqueue((shard, traces));

    public void Ring(Shard shard, int appended) => Rings.Enqueue((shard, appended));
}
