using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>What a database must do for <see cref="GroupCommitOutbox"/>: everything that differs between engines.</summary>
public interface IOutboxEngine : IDeadLetterReader, IDeletionReader
{
    /// <summary>False while the disk is nearly full: appends and moves are refused then, so that what is delivered can still
    /// be removed. Cheap: asked for at every append.</summary>
    bool HasRoom { get; }

    /// <summary>Carries out the operations, in their order, in one transaction, sets their results and commits durably.
    /// When it throws, either nothing was committed or the outcome is unknown; removals may come after the commit, and then fail
    /// by themselves (<see cref="OutboxOperation.Failure"/>). One call at a time.</summary>
    Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.ReadOldestAsync"/>
    Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.ReadLaneAsync"/>
    Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken);

    /// <summary>What waits in a lane, in position order; nothing of what is held.</summary>
    /// <inheritdoc cref="IOutbox.ReadPendingAsync"/>
    Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken);

    /// <summary>What is held of a lane, in order. Positions are a count of their own, from 1.</summary>
    /// <inheritdoc cref="IOutbox.ReadPendingAsync"/>
    Task<IReadOnlyList<OutboxRow>> ReadHeldAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.ReadLatestTimeAsync"/>
    Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.IsErasedAsync"/>
    Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.ReadVisitorsAsync"/>
    Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.ReadShardsAsync"/>
    Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IOutbox.CheckAsync"/>
    Task CheckAsync(CancellationToken cancellationToken);
}
