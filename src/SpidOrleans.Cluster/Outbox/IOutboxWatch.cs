namespace SpidOrleans.Cluster.Outbox;

/// <summary>Told of every group after its commit, once its callers have their answers.</summary>
public interface IOutboxWatch
{
    /// <summary>Returns soon, and keeps nothing of what it is given; never throws.</summary>
    void Committed(IReadOnlyList<OutboxOperation> group);
}
