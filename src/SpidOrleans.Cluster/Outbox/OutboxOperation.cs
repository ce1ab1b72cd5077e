using System.Diagnostics;
using SpidOrleans.Cluster.Telemetry;

namespace SpidOrleans.Cluster.Outbox;

/// <summary>One thing the writer does in a group's transaction. The engine sets the result; the writer completes the
/// caller after the commit.</summary>
public abstract class OutboxOperation
{
    /// <summary>Rows it writes or removes, for the bounds of queue and group.</summary>
    public abstract int Rows { get; }

    /// <summary>Payload bytes it holds, for the same bounds.</summary>
    public virtual long Bytes => 0;

    /// <summary>The request that the operation came by, if it is sampled.</summary>
    public virtual Activity? Request => null;

    /// <summary>Set by the engine, when the group is committed but this operation's outcome is unknown.</summary>
    public OutboxUnavailableException? Failure { get; set; }

    /// <summary>Answers the caller; called once, after the commit. What waits for the answer runs before this returns.</summary>
    internal abstract void Complete();

    /// <summary>Fails the caller; called once, instead of <see cref="Complete"/>.</summary>
    internal abstract void Fail(OutboxUnavailableException reason);
}

public abstract class OutboxOperation<TResult> : OutboxOperation
{
    private TaskCompletionSource<TResult>? _completion;

    /// <summary>Set by the engine inside the transaction; told to the caller only after the commit.</summary>
    public TResult Result { get; set; } = default!;

    /// <summary>To be asked for before the writer has it; nobody else asks.</summary>
    public Task<TResult> Completion => (_completion ??= new()).Task;

    internal override void Complete() => _completion?.TrySetResult(Result);

    internal override void Fail(OutboxUnavailableException reason) => _completion?.TrySetException(reason);
}

/// <summary>See <see cref="IOutbox.AppendAsync"/>; result false when the identity is closed, or not stateless as it must be.</summary>
public sealed class AppendOperation(Lane lane, IReadOnlyList<OutboxEvent> events, bool ifStateless = false) : OutboxOperation<bool>
{
    public Lane Lane => lane;

    public bool IfStateless => ifStateless;

    public IReadOnlyList<OutboxEvent> Events => events;

    public override int Rows => events.Count;

    public override long Bytes { get; } = BytesOf(events);

    public override Activity? Request { get; } = Spans.Sampled;

    /// <summary>Set by the engine for a sampled request: no row of it lies behind this position. Null: the engine cannot tell.</summary>
    public long? LastPosition { get; set; }

    private static long BytesOf(IReadOnlyList<OutboxEvent> events)
    {
        long bytes = 0;
        for (var i = 0; i < events.Count; i++) bytes += events[i].Payload.Length;
        return bytes;
    }
}

/// <summary>See <see cref="IOutbox.AppendManyAsync"/>: the engine carries out the parts, which have the results.</summary>
public sealed class AppendManyOperation(IReadOnlyList<AppendOperation> parts) : OutboxOperation<bool>
{
    public IReadOnlyList<AppendOperation> Parts => parts;

    public override int Rows { get; } = parts.Sum(part => part.Rows);

    public override long Bytes { get; } = parts.Sum(part => part.Bytes);
}

/// <summary>See <see cref="IOutbox.MoveAsync"/>; result is the number of rows moved, <see cref="IsErased"/> or <see cref="IsStale"/>.</summary>
public sealed class MoveOperation(
    string fromIdentity, string toIdentity, Func<string, int> shards, string lastProject, OutboxEvent? last, IReadOnlyList<LaneEvent>? also = null,
    HeldWith held = HeldWith.None, StateVersion state = default) : OutboxOperation<int>
{
    /// <summary>The result when one of the two is erased: nothing was done.</summary>
    public const int IsErased = -1;

    /// <summary>The result when what follows was to be held by a state that is no more: nothing was done.</summary>
    public const int IsStale = -2;

    public string FromIdentity { get; } = fromIdentity != toIdentity ? fromIdentity
        : throw new ArgumentException("an identity cannot move into itself: it would be closed for ever", nameof(toIdentity));

    public override Activity? Request { get; } = Spans.Sampled;

    public string ToIdentity => toIdentity;

    public OutboxEvent? Last => last;

    public HeldWith Held => held;

    public StateVersion State => state;

    /// <summary>Whose lane the last event is in.</summary>
    public Lane LastLane => new(LastShard, toIdentity);

    /// <summary>What follows the last.</summary>
    public IReadOnlyList<LaneEvent> Also { get; } = also ?? [];

    public override int Rows => 1 + Also.Count;

    public override long Bytes => (last?.Payload.Length ?? 0) + Also.Sum(item => (long)item.Event.Payload.Length);

    /// <summary>Where the last event goes.</summary>
    public Shard LastShard => Target(lastProject);

    /// <summary>Where a project's rows go.</summary>
    public Shard Target(string project) => Shard.Of(project, toIdentity, shards(project));

    /// <summary>Set by the engine: the shards that got rows.</summary>
    public IReadOnlyCollection<Shard> Touched { get; set; } = [];
}

/// <summary>See <see cref="IOutbox.RemoveAsync"/>.</summary>
public sealed class RemoveOperation(Shard shard, IReadOnlyList<long> positions) : OutboxOperation<bool>
{
    public Shard Shard => shard;

    public IReadOnlyList<long> Positions => positions;

    public override int Rows => positions.Count;
}

/// <summary>See <see cref="IOutbox.BuryAsync"/>; result is the number of dead letters made.</summary>
public sealed class BuryOperation(Shard shard, IReadOnlyList<RefusedRow> rows) : OutboxOperation<int>
{
    public Shard Shard => shard;

    public IReadOnlyList<RefusedRow> Refused => rows;

    public override int Rows => rows.Count;
}
