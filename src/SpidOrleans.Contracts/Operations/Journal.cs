using System.Collections.Immutable;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.Operations;

/// <summary>What to look for in the silos' journals: one of the three.</summary>
[GenerateSerializer, Immutable, Alias("spid.journal-query")]
public sealed record JournalQuery
{
    [Id(0)] public string? InsertId { get; init; }

    [Id(1)] public VisitorId? Visitor { get; init; }

    [Id(2)] public UserId? User { get; init; }
}

/// <summary>What became of an event.</summary>
[GenerateSerializer, Alias("spid.journal-step")]
public enum JournalStep
{
    /// <summary>It is durable.</summary>
    Accepted = 0,

    /// <summary>Mixpanel took it.</summary>
    Delivered = 1,

    /// <summary>Mixpanel refused it for good: a dead letter.</summary>
    Refused = 2,

    /// <summary>The visitor's pending events became the user's.</summary>
    Merged = 3,
}

/// <summary>A line of the journal.</summary>
[GenerateSerializer, Immutable, Alias("spid.journal-note")]
public sealed record JournalNote
{
    [Id(0)] public required JournalStep Step { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    [Id(1)] public required long AtMs { get; init; }

    /// <summary>The event's name; null: there are too many names to remember.</summary>
    [Id(2)] public string? Event { get; init; }

    /// <summary><c>{project}/{number}</c>; null: too many to remember.</summary>
    [Id(3)] public string? Shard { get; init; }

    /// <summary>The visitor it came from; null: addressed to a user.</summary>
    [Id(4)] public VisitorId? Visitor { get; init; }

    /// <summary>Whether it names a user. Of users the journal keeps no more than a number to find them by.</summary>
    [Id(5)] public bool HasUser { get; init; }

    /// <summary>How long Mixpanel took to answer, up to 65 s; of a merge how many events moved.</summary>
    [Id(6)] public int Figure { get; init; }

    /// <summary>Tells notes of one event apart from those of another.</summary>
    [Id(7)] public ulong Event64 { get; init; }
}

/// <summary>What one silo's journal knows.</summary>
[GenerateSerializer, Immutable, Alias("spid.journal-page")]
public sealed record JournalPage
{
    /// <summary>Newest first, at most <see cref="OperationsLimits.NotesShown"/>.</summary>
    [Id(0)] public required ImmutableArray<JournalNote> Notes { get; init; }

    /// <summary>There are more.</summary>
    [Id(1)] public bool IsCut { get; init; }

    /// <summary>Nothing older is known; milliseconds since the Unix epoch. Null: nothing is written down.</summary>
    [Id(2)] public long? SinceMs { get; init; }

    /// <summary>Events of that time that were not written down one by one, since there were too many.</summary>
    [Id(3)] public long Skipped { get; init; }
}

/// <summary>What all journals know.</summary>
public sealed record JournalReport
{
    /// <summary>Newest first.</summary>
    public required ImmutableArray<JournalNote> Notes { get; init; }

    public bool IsCut { get; init; }

    /// <summary>All silos that answered know everything since then that they wrote down; null: none writes anything down.</summary>
    public long? SinceMs { get; init; }

    public long Skipped { get; init; }

    /// <summary>Silos that did not answer.</summary>
    public required ImmutableArray<string> Silent { get; init; }
}
