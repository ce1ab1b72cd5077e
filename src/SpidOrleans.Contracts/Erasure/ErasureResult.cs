using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Erasure;

/// <summary>What an erasure did. A repeat finds nothing left.</summary>
[GenerateSerializer, Immutable, Alias("spid.erasure-result")]
public sealed record ErasureResult
{
    /// <summary><see cref="TrackOutcome.Stored"/>: it is done and durable; else whether it is done is not known: ask again.</summary>
    [Id(0)] public required TrackOutcome Outcome { get; init; }

    /// <summary>Visitors that are erased by it.</summary>
    [Id(1)] public int Visitors { get; init; }

    /// <summary>Pending events and changes of the profile.</summary>
    [Id(2)] public int Events { get; init; }

    [Id(3)] public int DeadLetters { get; init; }
}
