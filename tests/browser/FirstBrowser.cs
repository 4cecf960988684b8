using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>Tests that share a browser and a gateway, one at a time: service, appearance and keyboard.</summary>
[CollectionDefinition]
public sealed class FirstBrowser : ICollectionFixture<Browser>;
