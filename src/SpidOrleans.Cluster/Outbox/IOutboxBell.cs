using SpidOrleans.Cluster.Telemetry;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Told of every commit, so that emitters need not poll. Losing a ring costs seconds, never an event.</summary>
public interface IOutboxBell
{
    /// <summary>Returns at once; never throws.</summary>
    void Ring(Shard shard, int appended);

    /// <summary>Tells the shard's emitter of sampled requests. Never waits, never throws.</summary>
    void Trace(Shard shard, RequestTraces traces);
}
