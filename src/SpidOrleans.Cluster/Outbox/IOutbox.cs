using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>
/// The durable table that holds all lanes. What a call has returned is committed and fsynced. Every method throws
/// <see cref="OutboxUnavailableException"/> when the database does not confirm in time; a write's outcome is then unknown.
/// </summary>
public interface IOutbox
{
    /// <summary>Appends to the end of a lane. Appends to one lane by this silo keep the order in which they are asked for; a caller
    /// elsewhere begins after the former one's are durable: so position order is lane order.</summary>
    /// <param name="lane">Where to.</param>
    /// <param name="events">1 to 2,000, oldest first; all are stored or none.</param>
    /// <param name="ifStateless">Only if nothing is stored of the visitor whose lane it is, not even that a move is to come: what
    /// closes an identity has stored a state of it before.</param>
    /// <returns>False: the identity was closed by a move, or something is stored of it; no event was stored.</returns>
    Task<bool> AppendAsync(Lane lane, IReadOnlyList<OutboxEvent> events, bool ifStateless = false);

    /// <summary>Appends to several lanes at once, at the cost of one caller. Each part's result is as if it were alone.</summary>
    /// <param name="appends">At least one; their results are set when this returns.</param>
    Task AppendManyAsync(IReadOnlyList<AppendOperation> appends);

    /// <summary>Appends to what is held of a lane, which no emitter reads, in the order of acceptance.</summary>
    /// <param name="lane">Where the events will go once they are released.</param>
    /// <param name="events">1 to 2,000, oldest first; all are stored or none.</param>
    /// <param name="state">The state by which the caller thinks that nobody has decided yet: whoever has been left behind would hold what
    /// nobody releases any more.</param>
    /// <returns>False: the identity is closed, or its state is another; no event was stored.</returns>
    Task<bool> HoldAsync(Lane lane, IReadOnlyList<OutboxEvent> events, StateVersion state);

    /// <summary>Moves the oldest events that are held of these identities to the ends of their lanes, of every project and in order:
    /// <see cref="ReleaseOperation.RowsMax"/> at most. To be repeated until none is left.</summary>
    /// <param name="identities">One person's or visitor's.</param>
    /// <param name="shards">How many shards a project has, by its name.</param>
    /// <returns>How many moved; 0: none is left.</returns>
    Task<int> ReleaseAsync(IReadOnlyList<string> identities, Func<string, int> shards);

    /// <summary>In one transaction: closes <paramref name="fromIdentity"/> for ever, moves its rows, of every project and in
    /// order, to the end of <paramref name="toIdentity"/>'s lanes with new positions, and appends <paramref name="last"/>.
    /// If the identity was closed before, nothing happens: the repeat answers what the first one moved.</summary>
    /// <param name="fromIdentity">The visitor's identity.</param>
    /// <param name="toIdentity">The user's identity.</param>
    /// <param name="shards">How many shards a project has, by its name.</param>
    /// <param name="lastProject">The project of <paramref name="last"/>.</param>
    /// <param name="last">The event that follows the moved ones; null: none does.</param>
    /// <param name="also">Appended after it, in the same transaction; none: nothing more.</param>
    /// <param name="held">What becomes of held events.</param>
    /// <param name="state">With <see cref="HeldWith.Held"/>: the user's, as with <see cref="HoldAsync"/>.</param>
    /// <returns>How many rows moved, in all projects, held ones included; <see cref="MoveOperation.IsErased"/> or
    /// <see cref="MoveOperation.IsStale"/>, and nothing moved.</returns>
    Task<int> MoveAsync(
        string fromIdentity, string toIdentity, Func<string, int> shards, string lastProject, OutboxEvent? last, IReadOnlyList<LaneEvent>? also = null,
        HeldWith held = HeldWith.None, StateVersion state = default);

    /// <summary>Removes exactly these rows of the shard; rows that are gone or moved are left alone.</summary>
    Task RemoveAsync(Shard shard, IReadOnlyList<long> positions);

    /// <summary>Removes rows that Mixpanel refused and keeps them with the reason, in one transaction; rows that are gone
    /// or moved are left alone.</summary>
    /// <returns>How many became dead letters.</returns>
    Task<int> BuryAsync(Shard shard, IReadOnlyList<RefusedRow> rows);

    /// <summary>The oldest rows of a shard, always from its very beginning, in position order: none only if it has none, and not
    /// always as many as the limits allow.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="rowsMax">1 to 2,000.</param>
    /// <param name="bytesMax">Stops before the payloads' sum exceeds this, but always gives one row.</param>
    Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken);

    /// <summary>Held events included.</summary>
    Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken);

    /// <summary>What waits in a lane, in position order, and then what is held of it.</summary>
    /// <param name="after">Higher positions than this.</param>
    /// <param name="bytesMax">Stops before the payloads' sum exceeds this, but always gives one row.</param>
    Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken);

    /// <summary>The latest event time among an identity's rows of all projects, held ones included; null when it has none.</summary>
    Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken);

    /// <summary>In one transaction: everything that waits or is a dead letter of these identities is gone, and so are their states; what is
    /// appended to their lanes, or moved there, is refused for ever after. Asks for what Mixpanel is to delete. A repeat finds nothing left.</summary>
    Task<Erased> EraseAsync(Erasure erasure);

    /// <summary>Whether this user was erased.</summary>
    Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>The keys of all visitors whose lanes have moved to this user.</summary>
    Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>Every shard that has rows, of configured projects or not.</summary>
    Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken);

    /// <summary>Asks the database for a sign of life.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}

/// <summary>The database is away, full, overloaded or too slow: try again later. Nothing acknowledged is at risk.</summary>
[GenerateSerializer, Alias("spid.outbox-unavailable")]
public sealed class OutboxUnavailableException : Exception
{
    public OutboxUnavailableException() { }

    public OutboxUnavailableException(string message) : base(message) { }

    public OutboxUnavailableException(string message, Exception inner) : base(message, inner) { }
}
