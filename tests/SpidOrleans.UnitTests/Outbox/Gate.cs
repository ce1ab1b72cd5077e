using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>An engine before which commits can be held, so that a test decides what becomes one group.</summary>
internal sealed class Gate(IOutboxEngine engine) : IOutboxEngine
{
    private readonly SemaphoreSlim _arrived = new(0);
    private volatile TaskCompletionSource _open = Opened();

    public List<int> GroupSizes { get; } = [];

    public bool HasRoom => engine.HasRoom;

    public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    /// <summary>Returns once a commit waits at the closed gate: from now on, whatever is queued joins the next group.</summary>
    public async Task HoldAsync(TimeSpan patience)
    {
        if (!await _arrived.WaitAsync(patience)) throw new TimeoutException("no commit came to the gate");
    }

    public async Task CommitAsync(IReadOnlyList<OutboxOperation> group, CancellationToken cancellationToken)
    {
        if (!_open.Task.IsCompleted) _arrived.Release();
        await _open.Task.WaitAsync(cancellationToken);
        GroupSizes.Add(group.Count);
        await engine.CommitAsync(group, cancellationToken);
    }

    public Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        engine.ReadOldestAsync(shard, rowsMax, bytesMax, cancellationToken);

    public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) =>
        engine.ReadLaneAsync(lane, cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        engine.ReadPendingAsync(lane, after, rowsMax, bytesMax, cancellationToken);

    public Task<IReadOnlyList<OutboxRow>> ReadHeldAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        engine.ReadHeldAsync(lane, after, rowsMax, bytesMax, cancellationToken);

    public Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        engine.ReadLatestTimeAsync(identity, cancellationToken);

    public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) =>
        engine.ReadShardsAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => engine.CheckAsync(cancellationToken);

    public Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken) =>
        engine.ReadLettersAsync(range, cancellationToken);

    public Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken) => engine.ReadLastLetterAsync(project, cancellationToken);

    public Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken) => engine.CountLettersAsync(cancellationToken);

    public Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken) =>
        engine.ReadLettersBeforeAsync(refusedBeforeMs, max, cancellationToken);

    public Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) => engine.IsErasedAsync(user, cancellationToken);

    public Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) => engine.ReadVisitorsAsync(user, cancellationToken);

    public Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken) =>
        engine.ReadDeletionsAsync(project, dueMs, max, cancellationToken);

    public Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken) =>
        engine.ReadDeletionProjectsAsync(dueMs, cancellationToken);

    private static TaskCompletionSource Opened()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
