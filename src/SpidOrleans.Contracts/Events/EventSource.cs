namespace SpidOrleans.Contracts.Events;

/// <summary>Who sends: decides the Mixpanel project and the property <c>Client</c>.</summary>
[GenerateSerializer, Immutable, Alias("spid.event-source")]
public sealed record EventSource
{
    /// <summary>The client's name, which leaves as the property <c>Client</c>.</summary>
    [Id(0)] public required string ClientName { get; init; }

    /// <summary>A configured project's name: 1 to 64 of <c>[A-Za-z0-9_-]</c>.</summary>
    [Id(1)] public required string Project { get; init; }

    /// <summary>Whose traits leave with its events; null: nobody's, as with senders that were stored before this was told.</summary>
    [Id(2)] public string? ClientId { get; init; }
}
