namespace SpidOrleans.Cluster.Outbox;

/// <summary>What waits in the outbox, for whoever watches. Whichever silo asks sees all of it.</summary>
public interface IBacklogReader
{
    /// <summary>What waits in each shard that has rows. To be asked every few seconds: rows do not say when they came, but positions only
    /// grow, so each look notes which was the last one, and a row is no older than the last look before it.</summary>
    /// <exception cref="OutboxUnavailableException">The database does not answer in time.</exception>
    Task<IReadOnlyList<ShardBacklog>> LookAsync(CancellationToken cancellationToken);
}

/// <summary>What waits in a shard.</summary>
/// <param name="Pending">Rows: exact while they are few, estimated from the oldest when they are many.</param>
/// <param name="Oldest">How long the oldest row has been waiting at most; too long by no more than the time between two looks, or a minute
/// where no silo was left. A login lets the visitor's rows begin anew.</param>
public readonly record struct ShardBacklog(Shard Shard, long Pending, TimeSpan Oldest)
{
    /// <summary>Of a shard whose first stored units have <paramref name="counted"/> rows; evenly spread, as many lie between the others.</summary>
    /// <param name="counted">Rows of the oldest units.</param>
    /// <param name="first">The oldest unit's position.</param>
    /// <param name="last">That of the last one counted.</param>
    /// <param name="newest">That of the shard's newest.</param>
    public static long Estimate(long counted, long first, long last, long newest) =>
        newest <= last || last <= first ? counted : (long)(counted * ((newest - first + 1) / (double)(last - first + 1)));
}
