namespace SpidOrleans.Cluster.Outbox;

/// <summary>Told of every commit, so that emitters need not poll. Losing a ring costs seconds, never an event.</summary>
public interface IOutboxBell
{
    /// <summary>Returns at once; never throws.</summary>
    void Ring(Shard shard, int appended);
}
