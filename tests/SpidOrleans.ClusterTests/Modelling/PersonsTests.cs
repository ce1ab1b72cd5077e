using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>Random histories of three browsers and three persons, against two silos and a faulty Mixpanel, compared with the
/// model. A failing one is shrunk to the shortest that still fails and printed with its seed.</summary>
[Collection(nameof(SpidTestCluster))]
public sealed class PersonsTests(SpidTestCluster cluster)
{
    private const int RunsMax = 150;
    private const int StepsMax = 40;
    private static int s_runs;

    [Fact]
    public void AnyHistory_GivesEverybodyTheirOwnEvents_OnceAndInOrder() => CheckAll(Histories.Sequences, cluster, RunsMax);

    [Fact]
    public void AnyHistoryOfDecisions_TracksNobodyWhoHasRefused() => CheckAll(Histories.OfDecisions, cluster, RunsMax / 3);

    internal static void CheckAll(Gen<Step[]> histories, SpidTestCluster cluster, int runsMax) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(runsMax).WithEndSize(StepsMax),
        Prop.ForAll(
            Arb.From(histories, Histories.Shrink),
            steps => new Run(cluster, $"r{Interlocked.Increment(ref s_runs)}").DoAsync(steps).WaitAsync(TimeSpan.FromMinutes(1))));
}
