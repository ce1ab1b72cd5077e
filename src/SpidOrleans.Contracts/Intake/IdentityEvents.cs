using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Contracts.Intake;

/// <summary>What a request brings for one identity: a visitor or a user.</summary>
[GenerateSerializer, Immutable, Alias("spid.identity-events")]
public readonly record struct IdentityEvents
{
    [Id(0)] public VisitorId? Visitor { get; init; }

    [Id(1)] public UserId? User { get; init; }

    /// <summary>1 to 2,000, oldest first.</summary>
    [Id(2)] public required ImmutableArray<TrackedEvent> Events { get; init; }

    /// <inheritdoc cref="IVisitorGrain.TrackAsync" path="/param[@name='browserKey']"/>
    [Id(3)] public KeyDigest? BrowserKey { get; init; }
}
