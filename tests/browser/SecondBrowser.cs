using Xunit;

namespace NotifyHub.BrowserTests;

/// <summary>Tests that share a browser and a gateway, one at a time: lists, logins and live tests.</summary>
[CollectionDefinition]
public sealed class SecondBrowser : ICollectionFixture<Browser>;
