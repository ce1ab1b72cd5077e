using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Traits;

/// <summary>What became of a change of traits.</summary>
[GenerateSerializer, Immutable, Alias("spid.traits-result")]
public sealed record TraitsResult
{
    [Id(0)] public required TrackOutcome Outcome { get; init; }

    /// <summary>True: with these the client would say more of the person than <see cref="TraitLimits"/> allow. Nothing was changed.</summary>
    [Id(1)] public bool IsTooMuch { get; init; }

    /// <summary>What the client says of the person now; null: nothing.</summary>
    [Id(2)] public ClientTraits? Traits { get; init; }
}
