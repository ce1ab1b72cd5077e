using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>Tells of every shard that has rows how far behind it is. Throws as <see cref="IOutbox"/> does.</summary>
public interface IOutboxInspection
{
    /// <param name="isCounted">False: only how old the oldest is.</param>
    Task<IReadOnlyList<ShardWaiting>> InspectAsync(bool isCounted, CancellationToken cancellationToken);

    /// <summary>What waits at the front of a shard, in position order. Looking leaves no trace: nothing is kept for a delivery.</summary>
    /// <param name="rowsMax">1 to 2,000.</param>
    Task<IReadOnlyList<PendingEvent>> ReadFrontAsync(Shard shard, int rowsMax, CancellationToken cancellationToken);
}
