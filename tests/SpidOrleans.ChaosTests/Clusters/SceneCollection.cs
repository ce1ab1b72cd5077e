using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>All scripts share one scene: to build one takes longer than many a script.</summary>
[CollectionDefinition(nameof(Scene))]
public sealed class SceneCollection : ICollectionFixture<Scene>;
