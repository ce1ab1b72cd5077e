using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Shows what waits. Throws as <see cref="IOutbox"/> does.</summary>
public interface IOutboxInspection
{
    /// <summary>What waits at the front of a shard, in position order. Looking leaves no trace: nothing is kept for a delivery.</summary>
    /// <param name="rowsMax">1 to 2,000.</param>
    Task<IReadOnlyList<PendingEvent>> ReadFrontAsync(Shard shard, int rowsMax, CancellationToken cancellationToken);
}
