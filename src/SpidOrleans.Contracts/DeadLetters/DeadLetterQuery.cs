using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.DeadLetters;

/// <summary>Which letters; what is null matters not.</summary>
[GenerateSerializer, Immutable, Alias("spid.dead-letter-query")]
public sealed record DeadLetterQuery
{
    public const int LimitMax = 1_000;

    /// <summary>The event's name, exactly.</summary>
    [Id(0)] public string? Event { get; init; }

    /// <summary>Of the user's lane, or naming the user.</summary>
    [Id(1)] public UserId? User { get; init; }

    /// <summary>Of the visitor's lane, or naming the visitor.</summary>
    [Id(2)] public VisitorId? Visitor { get; init; }

    [Id(3)] public string? InsertId { get; init; }

    /// <summary>Part of what Mixpanel said, in its case.</summary>
    [Id(4)] public string? Reason { get; init; }

    /// <summary>Refused then or later; milliseconds since the Unix epoch.</summary>
    [Id(5)] public long? FromMs { get; init; }

    /// <summary>Refused before then.</summary>
    [Id(6)] public long? ToMs { get; init; }

    /// <summary>Null: from the oldest.</summary>
    [Id(7)] public DeadLetterCursor? Cursor { get; init; }

    /// <summary>1 to <see cref="LimitMax"/>.</summary>
    [Id(8)] public int Limit { get; init; } = 100;
}
