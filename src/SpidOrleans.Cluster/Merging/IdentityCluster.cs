using System.Collections.Immutable;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Merging;

/// <summary>The ids that <c>$identify</c> has made one person of, in one project with Original ID Merge: the user's own, and these.</summary>
[GenerateSerializer, Immutable, Alias("spid.identity-cluster")]
public sealed record IdentityCluster
{
    /// <summary>Mixpanel's ceiling: it refuses the next with <c>errManyIDs</c>, and that id is a person of its own for ever.</summary>
    public const int IdsMax = 500;

    /// <summary>From here on each further id is reported.</summary>
    public const int IdsNotable = IdsMax - IdsMax / 10;

    [Id(0)] public required string Project { get; init; }

    /// <summary>At most <see cref="IdsMax"/> less one, in the order of their joining.</summary>
    [Id(1)] public ImmutableArray<VisitorId> Visitors { get; init; } = [];

    public int Ids => Visitors.Length + 1;

    public bool IsFull => Ids >= IdsMax;

    public IdentityCluster With(VisitorId visitor) => this with { Visitors = Visitors.Add(visitor) };
}
