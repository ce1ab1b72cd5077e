namespace SpidOrleans.Cluster.Outbox;

/// <summary>The events that Mixpanel refused for good, beside the outbox and in its transactions. Throws as <see cref="IOutbox"/> does.</summary>
public interface IDeadLetterStore : IDeadLetterReader
{
    /// <summary>In one transaction: removes letters and appends what takes their places at the ends of the lanes. A letter that is gone,
    /// or whose lane has been closed since it was read, is left alone.</summary>
    /// <param name="shards">The project's.</param>
    /// <returns>The ids of those that were replayed.</returns>
    Task<IReadOnlyList<long>> ReplayAsync(string project, int shards, IReadOnlyList<ReplayedLetter> letters);

    /// <summary>Removes letters; those that are gone are left alone.</summary>
    /// <returns>How many went.</returns>
    Task<int> DiscardAsync(string project, IReadOnlyList<long> ids);
}

/// <summary>What a database must tell of its dead letters.</summary>
public interface IDeadLetterReader
{
    /// <summary>In the order of their ids.</summary>
    Task<IReadOnlyList<StoredLetter>> ReadLettersAsync(LetterRange range, CancellationToken cancellationToken);

    /// <summary>The highest id of a project's letters; 0 when it has none.</summary>
    Task<long> ReadLastLetterAsync(string project, CancellationToken cancellationToken);

    /// <summary>Letters by project.</summary>
    Task<IReadOnlyDictionary<string, long>> CountLettersAsync(CancellationToken cancellationToken);

    /// <summary>Letters that were refused before a time, at most as many.</summary>
    Task<IReadOnlyList<(string Project, long Id)>> ReadLettersBeforeAsync(long refusedBeforeMs, int max, CancellationToken cancellationToken);
}

/// <summary>Which letters to read.</summary>
/// <param name="After">Higher ids than this.</param>
/// <param name="Until">And no higher than this.</param>
/// <param name="FromMs">Refused then or later.</param>
/// <param name="ToMs">Refused before then.</param>
/// <param name="Reason">Part of the reason; empty: any.</param>
/// <param name="RowsMax">At least 1.</param>
/// <param name="BytesMax">Of payloads; one letter is always given.</param>
public readonly record struct LetterRange(
    string Project, long After, long Until, long FromMs, long ToMs, string Reason, int RowsMax, int BytesMax);

/// <summary>A letter as it is stored.</summary>
/// <param name="Identity">Whose lane the event was in.</param>
/// <param name="Target">Whose lane it would be appended to now: that identity's, or its successor's.</param>
public readonly record struct StoredLetter(
    long Id, string Identity, string Target, long TimeMs, ReadOnlyMemory<byte> Payload, string Reason, long RefusedAtMs);

/// <summary>What takes a letter's place.</summary>
/// <param name="Target">Of <see cref="StoredLetter.Target"/>, when the letter was read.</param>
public readonly record struct ReplayedLetter(long Id, string Target, OutboxEvent Event);
