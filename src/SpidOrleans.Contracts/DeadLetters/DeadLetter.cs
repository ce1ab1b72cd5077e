namespace SpidOrleans.Contracts.DeadLetters;

/// <summary>An event, or a change of a profile, that Mixpanel refused for good.</summary>
[GenerateSerializer, Immutable, Alias("spid.dead-letter")]
public sealed record DeadLetter
{
    /// <summary>Grows with every burial; never used twice.</summary>
    [Id(0)] public required long Id { get; init; }

    /// <summary>Whose lane it was in: <c>v:…</c>, <c>u:…</c>, or <c>p:…</c> for a change of a user's profile.</summary>
    [Id(1)] public required string Identity { get; init; }

    /// <summary>What Mixpanel said.</summary>
    [Id(2)] public required string Reason { get; init; }

    /// <summary>How often Mixpanel has refused it: once, and once more for each replay.</summary>
    [Id(3)] public required int Attempts { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    [Id(4)] public required long RefusedAtMs { get; init; }

    /// <summary>The event's, in milliseconds since the Unix epoch.</summary>
    [Id(5)] public required long TimeMs { get; init; }

    /// <summary>The bytes that Mixpanel got: one JSON object in UTF-8.</summary>
    [Id(6)] public required ReadOnlyMemory<byte> Payload { get; init; }
}

[GenerateSerializer, Immutable, Alias("spid.dead-letter-page")]
public sealed record DeadLetterPage
{
    [Id(0)] public IReadOnlyList<DeadLetter> Letters { get; init; } = [];

    /// <summary>Null: that was the last page.</summary>
    [Id(1)] public DeadLetterCursor? Next { get; init; }

    /// <summary>The database did not answer.</summary>
    [Id(2)] public bool IsUnavailable { get; init; }
}

/// <summary>What a call for several letters did.</summary>
[GenerateSerializer, Immutable, Alias("spid.dead-letter-change")]
public sealed record DeadLetterChange
{
    [Id(0)] public int Count { get; init; }

    /// <summary>Null: none that matches is left of those that were there at the first call.</summary>
    [Id(1)] public DeadLetterCursor? Next { get; init; }

    /// <summary>The database did not confirm: whether it is done is not known; ask again.</summary>
    [Id(2)] public bool IsUnavailable { get; init; }
}
