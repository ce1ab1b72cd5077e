using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Operations;

/// <summary>The cluster as one silo sees it.</summary>
public sealed record ClusterReport
{
    public required DateTimeOffset At { get; init; }

    /// <summary>In the order of their addresses.</summary>
    public required ImmutableArray<SiloLine> Silos { get; init; }

    /// <summary>Of each shard that has rows how many and how old; null: the database does not answer.</summary>
    public required ImmutableArray<ShardWaiting>? Backlog { get; init; }

    /// <summary>Dead letters by project; null: the database does not answer.</summary>
    public required ImmutableDictionary<string, long>? DeadLetters { get; init; }

    /// <summary>Null: the database does not answer.</summary>
    public required ImmutableArray<ProjectHalt>? Halts { get; init; }
}

/// <summary>A silo as the others know it, and what it says itself.</summary>
/// <param name="Address">Where the others reach it.</param>
/// <param name="Status">As Orleans names it.</param>
/// <param name="IsThis">It serves the page.</param>
/// <param name="Activations">Grains in memory; null: it did not say.</param>
/// <param name="Report">Null: it did not answer.</param>
public sealed record SiloLine(string Address, string Name, string Status, bool IsThis, int? Activations, SiloReport? Report);

/// <summary>What waits in a shard.</summary>
/// <param name="Project">Configured, or once configured.</param>
/// <param name="Pending">Rows: exact while they are few, an estimate while they are many.</param>
/// <param name="Oldest">How long the oldest has been waiting.</param>
public sealed record ShardWaiting(string Project, int Number, long Pending, TimeSpan Oldest);

/// <summary>A project whose delivery somebody has stopped.</summary>
/// <param name="SinceMs">Milliseconds since the Unix epoch.</param>
[GenerateSerializer, Immutable, Alias("spid.project-halt")]
public sealed record ProjectHalt([property: Id(0)] string Project, [property: Id(1)] long SinceMs);
