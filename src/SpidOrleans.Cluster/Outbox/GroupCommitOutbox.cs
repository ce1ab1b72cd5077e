using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>
/// The one writer of this silo. It takes whatever all grains have queued, commits it as one transaction and only then
/// answers the callers; the next group gathers while the last one commits. There is no timer: a lone event waits for
/// nothing, and the busier the silo, the larger the groups.
/// </summary>
public sealed partial class GroupCommitOutbox(
    IOutboxEngine engine, IOutboxBell bell, OutboxMetrics metrics, TimeProvider clock, ILogger<GroupCommitOutbox> logger, IOutboxWatch? watch = null)
    : BackgroundService, IOutbox, IDeadLetterStore, IDeletionStore, IHeldEventStore
{
    /// <summary>Operations that may wait. A grain has one at a time, so this bounds grains, not events.</summary>
    public const int QueueOperationsMax = 16_384;

    /// <summary>Payload bytes that may wait; beyond it callers are told to come back (503) instead of filling memory.</summary>
    public const long QueueBytesMax = 128 << 20;

    /// <summary>Rows of one transaction: large enough that the commit's fsync vanishes, small enough that nobody waits long.</summary>
    public static readonly int GroupRowsMax = AppContext.GetData(GroupRowsMaxName) is string rows ? int.Parse(rows) : 4_000;

    /// <summary>A runtime property (not configuration): the benchmark sets it to 1 to show what grouping is worth.</summary>
    public const string GroupRowsMaxName = "SpidOrleans.Outbox.GroupRowsMax";

    /// <summary>Payload bytes of one transaction, for the same reason.</summary>
    public const long GroupBytesMax = 16 << 20;

    /// <summary>How long a commit may take before its outcome counts as unknown.</summary>
    public static readonly TimeSpan CommitTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Held events are told behind all that wait.</summary>
    private const long HeldFrom = 1L << 62;

    private readonly Channel<OutboxOperation> _queue =
        Channel.CreateBounded<OutboxOperation>(new BoundedChannelOptions(QueueOperationsMax) { SingleReader = true });

    // What the writer is about, between two commits: the callers who wait, and what the engine does for them.
    private readonly List<OutboxOperation> _callers = [];
    private readonly List<OutboxOperation> _group = [];
    private readonly Dictionary<Shard, int> _rings = [];

    private long _queuedBytes;

    public Task<bool> AppendAsync(Lane lane, IReadOnlyList<OutboxEvent> events, bool ifStateless = false) =>
        Enqueue(new AppendOperation(lane, events, ifStateless));

    public Task AppendManyAsync(IReadOnlyList<AppendOperation> appends) => appends is [var one] ? Enqueue(one) : Enqueue(new AppendManyOperation(appends));

    public Task<bool> HoldAsync(Lane lane, IReadOnlyList<OutboxEvent> events, StateVersion state) => Enqueue(new HoldOperation(lane, events, state));

    public Task<int> ReleaseAsync(IReadOnlyList<string> identities, Func<string, int> shards) => Enqueue(new ReleaseOperation(identities, shards));

    public Task<int> LetGoAsync(long heldBeforeMs, int max) => Enqueue(new LetGoOperation(heldBeforeMs, max));

    public Task<int> MoveAsync(
        string fromIdentity, string toIdentity, Func<string, int> shards, string lastProject, OutboxEvent? last, IReadOnlyList<LaneEvent>? also = null,
        HeldWith held = HeldWith.None, StateVersion state = default) =>
        Enqueue(new MoveOperation(fromIdentity, toIdentity, shards, lastProject, last, also, held, state));

    public Task RemoveAsync(Shard shard, IReadOnlyList<long> positions) => Enqueue(new RemoveOperation(shard, positions));

    public Task<int> BuryAsync(Shard shard, IReadOnlyList<RefusedRow> rows) => Enqueue(new BuryOperation(shard, rows));

    public Task<IReadOnlyList<OutboxRow>> ReadOldestAsync(
        Shard shard, int rowsMax, int bytesMax, CancellationToken cancellationToken) =>
        engine.ReadOldestAsync(shard, rowsMax, bytesMax, cancellationToken);

    public Task<LaneSummary> ReadLaneAsync(Lane lane, CancellationToken cancellationToken) =>
        engine.ReadLaneAsync(lane, cancellationToken);

    public async Task<IReadOnlyList<OutboxRow>> ReadPendingAsync(Lane lane, long after, int rowsMax, int bytesMax, CancellationToken cancellationToken)
    {
        if (after < HeldFrom && await engine.ReadPendingAsync(lane, after, rowsMax, bytesMax, cancellationToken) is { Count: > 0 } waiting) return waiting;
        var held = await engine.ReadHeldAsync(lane, Math.Max(after - HeldFrom, 0), rowsMax, bytesMax, cancellationToken);
        return [.. held.Select(row => new OutboxRow(row.Position + HeldFrom, row.Payload))];
    }

    public Task<long?> ReadLatestTimeAsync(string identity, CancellationToken cancellationToken) =>
        engine.ReadLatestTimeAsync(identity, cancellationToken);

    public Task<IReadOnlyList<Shard>> ReadShardsAsync(CancellationToken cancellationToken) =>
        engine.ReadShardsAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => engine.CheckAsync(cancellationToken);

    public Task<Erased> EraseAsync(Erasure erasure) => Enqueue(new EraseOperation(erasure));

    public Task<bool> IsErasedAsync(UserId user, CancellationToken cancellationToken) => engine.IsErasedAsync(user, cancellationToken);

    public Task<IReadOnlyList<string>> ReadVisitorsAsync(UserId user, CancellationToken cancellationToken) => engine.ReadVisitorsAsync(user, cancellationToken);

    public Task KeepAsync(Deletion deletion) => Enqueue(new DeletionOperation(deletion, isDone: false));

    public Task ForgetAsync(Deletion deletion) => Enqueue(new DeletionOperation(deletion, isDone: true));

    public Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken) =>
        engine.ReadDeletionsAsync(project, dueMs, max, cancellationToken);

    public Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken) =>
        engine.ReadDeletionProjectsAsync(dueMs, cancellationToken);

    public Task<IReadOnlyList<long>> ReplayAsync(string project, int shards, IReadOnlyList<ReplayedLetter> letters) =>
        Enqueue(new ReplayOperation(project, shards, letters));

    public Task<int> DiscardAsync(string project, IReadOnlyList<long> ids) => Enqueue(new DiscardOperation(project, ids));

    public Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken) =>
        engine.ReadLettersAsync(range, cancellationToken);

    public Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken) => engine.ReadLastLetterAsync(project, cancellationToken);

    public Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken) => engine.CountLettersAsync(cancellationToken);

    public Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken) =>
        engine.ReadLettersBeforeAsync(refusedBeforeMs, max, cancellationToken);

    private Task<TResult> Enqueue<TResult>(OutboxOperation<TResult> operation)
    {
        if (operation is AppendOperation or AppendManyOperation or HoldOperation or ReleaseOperation or MoveOperation or ReplayOperation && !engine.HasRoom)
            return Task.FromException<TResult>(new OutboxUnavailableException("the database's disk is nearly full"));

        var completion = operation.Completion;
        if (Interlocked.Add(ref _queuedBytes, operation.Bytes) > QueueBytesMax || !_queue.Writer.TryWrite(operation))
        {
            Interlocked.Add(ref _queuedBytes, -operation.Bytes);
            return Task.FromException<TResult>(new OutboxUnavailableException("the outbox's queue is full or closed"));
        }

        return completion;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not stoppingToken: what is queued at shutdown is still committed. StopAsync closes the queue, which ends the loop.
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            Gather();
            await CommitAsync();
            await LetGatherAsync();
        }
    }

    /// <summary>Lets whatever requests have come reach the queue, as long as more do: the next group is the larger for it. Nobody
    /// waits where nobody comes.</summary>
    private async Task LetGatherAsync()
    {
        int gathered;
        do
        {
            gathered = _queue.Reader.Count;
            // Behind the answers, and behind those requests.
            await Task.Yield();
        }
        while (_queue.Reader.Count > gathered);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } loop) await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    private void Gather()
    {
        _callers.Clear();
        _group.Clear();
        int rows = 0;
        long bytes = 0;
        while (rows < GroupRowsMax && bytes < GroupBytesMax && _queue.Reader.TryRead(out var operation))
        {
            _callers.Add(operation);
            if (operation is AppendManyOperation many) _group.AddRange(many.Parts);
            else _group.Add(operation);
            rows += operation.Rows;
            bytes += operation.Bytes;
        }

        Interlocked.Add(ref _queuedBytes, -bytes);
    }

    private async Task CommitAsync()
    {
        var startedAt = clock.GetTimestamp();
        try
        {
            using var timeout = new CancellationTokenSource(CommitTimeout, clock);
            await engine.CommitAsync(_group, timeout.Token);
        }
        catch (Exception exception)
        {
            // Whatever it was, the callers are told «unknown» and send the same again.
            metrics.Failed();
            LogCommitFailed(logger, _group.Count, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
            var reason = exception as OutboxUnavailableException
                ?? new OutboxUnavailableException("the outbox did not confirm the commit", exception);
            GroupAnswers.Give([.. _callers], reason);
            return;
        }

        var took = clock.GetElapsedTime(startedAt);
        GroupAnswers.Give([.. _callers]);
        RingAll(took);
        watch?.Committed(_group);
    }

    private void RingAll(TimeSpan took)
    {
        foreach (var operation in _group)
        {
            if (operation is AppendOperation { Result: true } append) Count(append.Lane.Shard, append.Rows);
            if (operation is ReplayOperation replay)
            {
                foreach (var letter in replay.Letters) Count(replay.LaneOf(letter).Shard, 1);
            }

            if (operation is ReleaseOperation release)
            {
                foreach (var shard in release.Touched) Count(shard, release.Result);
            }

            if (operation is not MoveOperation move) continue;
            foreach (var shard in move.Touched) Count(shard, move.Result + 1);
        }

        foreach (var (shard, appended) in _rings) bell.Ring(shard, appended);
        metrics.Committed(_group, _rings, took);
        foreach (var (shard, traces) in CommitSpans.Write(_group, took, clock.GetUtcNow()) ?? []) bell.Trace(shard, traces);
        _rings.Clear();

        void Count(Shard shard, int appended) => CollectionsMarshal.GetValueRefOrAddDefault(_rings, shard, out _) += appended;
    }

    [LoggerMessage(EventId = 2101, Level = LogLevel.Error, Message =
        "The outbox did not confirm a group of {OperationCount} operations ({Reason}); their senders are told to try again")]
    private static partial void LogCommitFailed(ILogger logger, int operationCount, string reason);
}
