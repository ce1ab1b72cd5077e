namespace SpidOrleans.Cluster.Operations;

/// <summary>How much the journal of a silo keeps.</summary>
public sealed record JournalOptions
{
    /// <summary>Lines; an event makes two, of 48 bytes each. 0: nothing is written down.</summary>
    public int EntriesMax { get; init; } = 500_000;

    /// <summary>Events that are written down in a second, as accepted and as delivered each. What an event costs is half a microsecond.</summary>
    public int EventsPerSecond { get; init; } = 10_000;

    /// <summary>Older lines are not told.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromHours(1);
}
