using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Operations;

/// <summary>Which events a live view shows; what is null matters not.</summary>
[GenerateSerializer, Immutable, Alias("spid.live-filter")]
public sealed record LiveFilter
{
    [Id(0)] public string? Project { get; init; }

    /// <summary>The sending client's name.</summary>
    [Id(1)] public string? Client { get; init; }

    /// <summary>The event's name, or its beginning.</summary>
    [Id(2)] public string? Event { get; init; }

    /// <summary>A visitor's or user's id.</summary>
    [Id(3)] public string? Identity { get; init; }
}

/// <summary>An event that passed.</summary>
[GenerateSerializer, Immutable, Alias("spid.live-event")]
public sealed record LiveEvent
{
    /// <summary><see cref="JournalStep.Accepted"/>, <see cref="JournalStep.Delivered"/> or <see cref="JournalStep.Refused"/>.</summary>
    [Id(0)] public required JournalStep Step { get; init; }

    /// <summary>When it passed; milliseconds since the Unix epoch.</summary>
    [Id(1)] public required long AtMs { get; init; }

    [Id(2)] public required string Project { get; init; }

    [Id(3)] public string? Client { get; init; }

    [Id(4)] public string? Event { get; init; }

    [Id(5)] public string? Visitor { get; init; }

    [Id(6)] public string? User { get; init; }

    [Id(7)] public string? InsertId { get; init; }
}

/// <summary>What a view gets at one look.</summary>
[GenerateSerializer, Immutable, Alias("spid.live-page")]
public sealed record LivePage
{
    /// <summary>Oldest first, at most <see cref="OperationsLimits.LiveEventsMax"/> of each silo.</summary>
    [Id(0)] public ImmutableArray<LiveEvent> Events { get; init; } = [];

    /// <summary>Events that matched and found no room since the last look.</summary>
    [Id(1)] public long Dropped { get; init; }

    /// <summary>The silo has as many viewers as it serves.</summary>
    [Id(2)] public bool IsFull { get; init; }

    /// <summary>How many silos did not answer.</summary>
    [Id(3)] public int Silent { get; init; }
}
