using System.Collections.Concurrent;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>Keeps what was rung, in order.</summary>
internal sealed class RecordingBell : IOutboxBell
{
    public ConcurrentQueue<(Shard Shard, int Appended)> Rings { get; } = new();

    public void Ring(Shard shard, int appended) => Rings.Enqueue((shard, appended));
}
