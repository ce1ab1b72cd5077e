using Xunit;

namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>The histories of <see cref="PersonsTests"/> where nobody is tracked before the decision.</summary>
[Collection(nameof(UndecidedCluster))]
public sealed class UndecidedPersonsTests(UndecidedCluster cluster)
{
    private const int RunsMax = 120;

    [Fact]
    public void AnyHistoryOfDecisions_TracksNobodyBeforeTheConsent_AndThenEverything_OnceAndInOrder() =>
        PersonsTests.CheckAll(Histories.OfDecisions, cluster, RunsMax);
}
