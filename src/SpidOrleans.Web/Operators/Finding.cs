using System.Collections.Immutable;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Operators;

/// <summary>Everything that is known of what somebody looked for.</summary>
public sealed record Finding
{
    public required string Query { get; init; }

    /// <summary>The text can be one.</summary>
    public VisitorId? Visitor { get; init; }

    /// <summary>The text can be one, or the visitor belongs to one.</summary>
    public UserId? User { get; init; }

    /// <summary>The text can be one.</summary>
    public string? InsertId { get; init; }

    /// <summary>Null: nobody was asked for, or the cluster does not answer.</summary>
    public VisitorStory? VisitorStory { get; init; }

    public UserStory? UserStory { get; init; }

    /// <summary>The first of the user's visitors, as they tell themselves.</summary>
    public ImmutableArray<VisitorStory> Devices { get; init; } = [];

    /// <summary>The cluster did not answer for the person.</summary>
    public bool IsSilent { get; init; }

    public required PendingReport Pending { get; init; }

    /// <summary>Of the person, or of the event.</summary>
    public required JournalReport Journal { get; init; }

    /// <summary>The event by its insert id.</summary>
    public required JournalReport EventJournal { get; init; }

    public required ImmutableArray<FoundLetter> Letters { get; init; }

    /// <summary>More letters match, or not all were looked at.</summary>
    public bool HasMoreLetters { get; init; }

    public bool AreLettersUnknown { get; init; }

    /// <summary>Erased, or known by anything at all.</summary>
    public bool IsAnythingKnown => VisitorStory is { IsStored: true } || UserStory is { IsStored: true } or { IsErased: true } || Pending.Events.Length > 0
        || !Journal.Notes.IsEmpty || !EventJournal.Notes.IsEmpty || !Letters.IsEmpty;
}

/// <summary>A dead letter and where it is.</summary>
public sealed record FoundLetter(string Project, DeadLetter Letter);
