using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>The same with <c>Privacy:Consent=Undecided</c>.</summary>
public sealed class UndecidedCluster : SpidTestCluster
{
    public override bool HoldsUndecided => true;
}

/// <summary>Tests that share an <see cref="UndecidedCluster"/>. After the others, whose memory and time are measured.</summary>
[CollectionDefinition(nameof(UndecidedCluster), DisableParallelization = true)]
public sealed class UndecidedTests : ICollectionFixture<UndecidedCluster>;
