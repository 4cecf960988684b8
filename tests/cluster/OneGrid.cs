using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>Tests that share one grid and run one at a time; each leaves it complete.</summary>
[CollectionDefinition]
public sealed class OneGrid : ICollectionFixture<LocalCluster>;
