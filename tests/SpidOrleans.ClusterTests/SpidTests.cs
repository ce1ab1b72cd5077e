using Xunit;

namespace SpidOrleans.ClusterTests;

/// <summary>Tests that share a <see cref="SpidTestCluster"/>.</summary>
[CollectionDefinition(nameof(SpidTestCluster))]
public sealed class SpidTests : ICollectionFixture<SpidTestCluster>;
