namespace SpidOrleans.Cluster.Outbox;

/// <summary>See <see cref="IOutbox.HoldAsync"/>; result false when the identity is closed, or its state is another.</summary>
public sealed class HoldOperation(Lane lane, IReadOnlyList<OutboxEvent> events, StateVersion state) : OutboxOperation<bool>
{
    public Lane Lane => lane;

    public IReadOnlyList<OutboxEvent> Events => events;

    public StateVersion State => state;

    public override int Rows => events.Count;

    public override long Bytes { get; } = events.Sum(item => (long)item.Payload.Length);
}

/// <summary>See <see cref="IOutbox.ReleaseAsync"/>; result is how many were released.</summary>
public sealed class ReleaseOperation(IReadOnlyList<string> identities, Func<string, int> shards) : OutboxOperation<int>
{
    /// <summary>Events of one transaction: nobody else's commit shall wait long for a release.</summary>
    public const int RowsMax = 1_000;

    /// <summary>Payload bytes of one transaction, but always one event.</summary>
    public const int BytesMax = 8 << 20;

    public IReadOnlyList<string> Identities => identities;

    public override int Rows => RowsMax;

    public Lane LaneOf(string project, string identity) => Lane.Of(project, identity, shards(project));

    /// <summary>Set by the engine: the shards that got rows.</summary>
    public IReadOnlyCollection<Shard> Touched { get; set; } = [];
}

/// <summary>See <see cref="IHeldEventStore.LetGoAsync"/>; result is how many went.</summary>
public sealed class LetGoOperation(long heldBeforeMs, int max) : OutboxOperation<int>
{
    public long HeldBeforeMs => heldBeforeMs;

    public int Max => max;

    public override int Rows => max;
}
