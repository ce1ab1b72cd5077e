namespace SpidOrleans.Contracts.Traits;

/// <summary>One thing that a client says of a visitor or user.</summary>
[GenerateSerializer, Immutable, Alias("spid.trait")]
public sealed record Trait
{
    /// <summary>1 to <see cref="TraitLimits.NameCharsMax"/> characters, not one of Mixpanel's reserved names.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>A string, number, boolean or list of these, in JSON; null: taken away, which is remembered so that nothing older
    /// brings it back.</summary>
    [Id(1)] public string? Json { get; init; }

    /// <summary>Milliseconds since the Unix epoch: of two values the later one counts, in whatever order they come.</summary>
    [Id(2)] public long SetAtMs { get; init; }

    public bool IsSet => Json is not null;

    /// <summary>Whether this counts rather than another value of the same name: the later one does. Of two of one moment it is the one
    /// taken away, or else the one whose text sorts last: any rule will do that does not ask which came first.</summary>
    public bool CountsOver(Trait other) =>
        SetAtMs != other.SetAtMs ? SetAtMs > other.SetAtMs
        : Json is null || other.Json is null ? Json is null && other.Json is not null
        : string.CompareOrdinal(Json, other.Json) > 0;
}
