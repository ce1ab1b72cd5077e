namespace SpidOrleans.Contracts.DeadLetters;

/// <summary>What of a refused event is to be another; what is null stays. Checked against the event rules.</summary>
[GenerateSerializer, Immutable, Alias("spid.event-repair")]
public sealed record EventRepair
{
    [Id(0)] public string? Name { get; init; }

    [Id(1)] public long? TimeMs { get; init; }

    [Id(2)] public string? InsertId { get; init; }

    /// <summary>A JSON object in UTF-8, in place of the sender's properties and the traits; ids and SPiD's own properties stay.</summary>
    [Id(3)] public ReadOnlyMemory<byte>? Properties { get; init; }
}
