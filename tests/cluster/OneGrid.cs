using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>Tests that share one grid, one at a time: each leaves it whole.</summary>
[CollectionDefinition]
public sealed class OneGrid : ICollectionFixture<LocalCluster>;
