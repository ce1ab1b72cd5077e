using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.ClusterTests.Faults;

/// <summary>The real outbox, whose answer gets lost when a test says so: steps <c>append</c>, <c>hold</c>, <c>release</c>, <c>move</c>, <c>erase</c> and <c>remove</c>.</summary>
public sealed class CrashingOutbox(IOutbox inner, Crashes crashes) : IOutbox
{
    public Task<bool> AppendAsync(Lane lane, IReadOnlyList<OutboxEvent> events, bool ifStateless = false) =>
        crashes.AtAsync("append", Away, () => inner.AppendAsync(lane, events, ifStateless));

    public Task AppendManyAsync(IReadOnlyList<AppendOperation> appends) => crashes.AtAsync("append", Away, async () =>
    {
        await inner.AppendManyAsync(appends);
        return true;
    });

    public Task<bool> HoldAsync(Lane lane, IReadOnlyList<OutboxEvent> events, StateVersion state) =>
        crashes.AtAsync("hold", Away, () => inner.HoldAsync(lane, events, state));

    public Task<int> ReleaseAsync(IReadOnlyList<string> identities, Func<string, int> shards) =>
        crashes.AtAsync("release", Away, () => inner.ReleaseAsync(identities, shards));

    public Task<int> MoveAsync(
        string fromIdentity, string toIdentity, Func<string, int> shards, string lastProject, OutboxEvent? last, IReadOnlyList<LaneEvent>? also = null,
        HeldWith held = HeldWith.None, StateVersion state = default) =>
        crashes.AtAsync("move", Away, () => inner.MoveAsync(fromIdentity, toIdentity, shards, lastProject, last, also, held, state));

    public Task RemoveAsync(Shard shard, IReadOnlyList<long> positions) => crashes.AtAsync("remove", Away, async () =>
    {
        await inner.RemoveAsync(shard, positions);
        return true;
    });

    public Task<int> BuryAsync(Shard shard, IReadOnlyList<RefusedRow> rows) => inner.BuryAsync(shard, rows);

    public Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadOldestAsync(shard, rowsMax, bytesMax, cancellationToken);

    public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) => inner.ReadLaneAsync(lane, cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        inner.ReadPendingAsync(lane, after, rowsMax, bytesMax, cancellationToken);

    public Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        inner.ReadLatestTimeAsync(identity, cancellationToken);

    public Task<Erased> EraseAsync(Erasure erasure) => crashes.AtAsync("erase", Away, () => inner.EraseAsync(erasure));

    public Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) => inner.IsErasedAsync(user, cancellationToken);

    public Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) => inner.ReadVisitorsAsync(user, cancellationToken);

    public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) => inner.ReadShardsAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    private static OutboxUnavailableException Away() => new("a test took the database away");
}
