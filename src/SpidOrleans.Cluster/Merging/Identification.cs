using System.Collections.Immutable;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Merging;

/// <summary>Whether a visitor must still be joined with its user in a project that has Original ID Merge. Pure.</summary>
internal abstract record Identification
{
    /// <summary>Mixpanel knows, or will know before it gets anything that follows.</summary>
    internal sealed record Known : Identification;

    /// <summary><c>$identify</c> goes first; then this is how the user's clusters are.</summary>
    internal sealed record Due(IdentityCluster After, ImmutableArray<IdentityCluster> Clusters) : Identification;

    /// <summary>The user has as many ids as Mixpanel joins. One more <c>$identify</c> would be refused: none is sent. What the visitor
    /// did before its login stays a stranger's; what it does from then on names the user by itself.</summary>
    internal sealed record Refused(int Ids) : Identification;

    public static Identification Of(ImmutableArray<IdentityCluster> clusters, string project, VisitorId visitor)
    {
        var before = clusters.FirstOrDefault(cluster => cluster.Project == project) ?? new IdentityCluster { Project = project };
        if (before.Visitors.Contains(visitor)) return new Known();
        if (before.IsFull) return new Refused(before.Ids);
        var after = before.With(visitor);
        return new Due(after, [.. clusters.Where(cluster => cluster.Project != project), after]);
    }
}
