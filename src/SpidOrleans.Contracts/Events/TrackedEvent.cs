namespace SpidOrleans.Contracts.Events;

/// <summary>One event as its sender gave it, checked against the event rules, not yet stamped.</summary>
[GenerateSerializer, Immutable, Alias("spid.tracked-event")]
public sealed record TrackedEvent
{
    /// <summary>1 to 255 characters.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>Milliseconds since the Unix epoch, 1971 to one hour ahead; null: the grain stamps it.</summary>
    [Id(1)] public long? TimeMs { get; init; }

    /// <summary>1 to 36 of <c>[A-Za-z0-9-]</c>; null: the grain mints one. Never given without a time.</summary>
    [Id(2)] public string? InsertId { get; init; }

    /// <summary>The person's address, for Mixpanel's geography.</summary>
    [Id(3)] public string? Ip { get; init; }

    [Id(4)] public string? UserAgent { get; init; }

    /// <summary>The sender's own properties: one JSON object in UTF-8, checked, no reserved and no repeated name. Empty: none.</summary>
    [Id(5)] public ReadOnlyMemory<byte> Properties { get; init; }

    /// <summary>None of the properties has a name of <see cref="PlatformNames"/>; false: nobody has looked.</summary>
    [Id(6)] public bool IsFreeOfPlatformNames { get; init; }
}
