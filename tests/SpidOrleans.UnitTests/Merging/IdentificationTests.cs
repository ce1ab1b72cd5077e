using System.Collections.Immutable;
using SpidOrleans.Cluster.Merging;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Merging;

public sealed class IdentificationTests
{
    private readonly VisitorId _visitor = VisitorId.New();

    [Fact]
    public void AVisitor_IsIdentifiedOnceInEachProject()
    {
        var first = Assert.IsType<Identification.Due>(Identification.Of([], "a", _visitor));
        Assert.Equal(("a", 2), (first.After.Project, first.After.Ids));

        Assert.IsType<Identification.Known>(Identification.Of(first.Clusters, "a", _visitor));
        var second = Assert.IsType<Identification.Due>(Identification.Of(first.Clusters, "b", _visitor));
        Assert.Equal(["a", "b"], second.Clusters.Select(cluster => cluster.Project));
        Assert.IsType<Identification.Known>(Identification.Of(second.Clusters, "a", _visitor));
    }

    [Theory]
    [InlineData(498, true)]
    [InlineData(499, false)]
    public void TheUserAnd499Visitors_AreAsManyIdsAsAreJoined(int visitors, bool isDue)
    {
        var clusters = Having(visitors);

        var next = Identification.Of(clusters, "a", _visitor);

        Assert.Equal(isDue, next is Identification.Due);
        if (next is Identification.Due due) Assert.Equal(IdentityCluster.IdsMax, due.After.Ids);
        else Assert.Equal(new Identification.Refused(IdentityCluster.IdsMax), next);
        // Whoever is joined stays so, and other projects have their own bound.
        Assert.IsType<Identification.Known>(Identification.Of(clusters, "a", clusters[0].Visitors[0]));
        Assert.IsType<Identification.Due>(Identification.Of(clusters, "b", _visitor));
    }

    private static ImmutableArray<IdentityCluster> Having(int visitors) =>
        [new IdentityCluster { Project = "a", Visitors = [.. Enumerable.Range(0, visitors).Select(_ => VisitorId.New())] }];
}
