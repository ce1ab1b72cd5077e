namespace SpidOrleans.Cluster.Outbox;

/// <summary>See <see cref="IDeadLetterStore.ReplayAsync"/>; result is the ids of those replayed.</summary>
public sealed class ReplayOperation(string project, int shards, IReadOnlyList<ReplayedLetter> letters) : OutboxOperation<IReadOnlyList<long>>
{
    public string Project => project;

    public IReadOnlyList<ReplayedLetter> Letters => letters;

    public override int Rows => letters.Count;

    public override long Bytes { get; } = letters.Sum(letter => (long)letter.Event.Payload.Length);

    public Lane LaneOf(in ReplayedLetter letter) => Lane.Of(project, letter.Target, shards);
}

/// <summary>See <see cref="IDeadLetterStore.DiscardAsync"/>; result is how many went.</summary>
public sealed class DiscardOperation(string project, IReadOnlyList<long> ids) : OutboxOperation<int>
{
    public string Project => project;

    public IReadOnlyList<long> Ids => ids;

    public override int Rows => ids.Count;
}
