namespace SpidOrleans.Cluster.Outbox;

/// <summary>What Mixpanel is still to delete, until it has. Throws as <see cref="IOutbox"/> does.</summary>
public interface IDeletionStore : IDeletionReader
{
    /// <summary>Keeps where a deletion stands.</summary>
    Task KeepAsync(Deletion deletion);

    /// <summary>Mixpanel has done it: nothing of it stays.</summary>
    Task ForgetAsync(Deletion deletion);
}

/// <summary>What a database must tell of deletions.</summary>
public interface IDeletionReader
{
    /// <summary>A project's deletions that are due, the longest due first.</summary>
    Task<IReadOnlyList<Deletion>> ReadDeletionsAsync(string project, long dueMs, int max, CancellationToken cancellationToken);

    /// <summary>Projects that have deletions which are due.</summary>
    Task<IReadOnlyList<string>> ReadDeletionProjectsAsync(long dueMs, CancellationToken cancellationToken);
}

/// <summary>A deletion on its way.</summary>
/// <param name="Ids">A JSON list of Mixpanel's ids.</param>
/// <param name="Task">Mixpanel's name for it; null: not asked yet.</param>
/// <param name="Attempts">Answers in a row that brought it no further.</param>
/// <param name="DueAtMs">When to look at it again; milliseconds since the Unix epoch.</param>
public sealed record Deletion(long Id, string Project, string Ids, string? Task, int Attempts, long DueAtMs);

/// <summary>See <see cref="IDeletionStore"/>.</summary>
/// <param name="isDone">False: keep it.</param>
public sealed class DeletionOperation(Deletion deletion, bool isDone) : OutboxOperation<bool>
{
    public Deletion Deletion => deletion;

    public bool IsDone => isDone;

    public override int Rows => 1;
}
