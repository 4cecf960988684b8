using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>With a server of its own, because it stops it.</summary>
public sealed class OutageTests(OutageTests.StoppableServer fixture) : IClassFixture<OutageTests.StoppableServer>
{
    [Fact]
    public async Task A_stopped_server_is_unavailable_storage_and_works_again_once_it_is_back()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var server = fixture.Server;
        await using var database = Database.Open(await server.CreateDatabaseAsync());
        await database.MigrateAsync(cancellation);
        var store = new MessageStore(database);
        var before = await store.OpenAsync("all", cancellation);

        // Several idle connections in the pool: none of them may spoil a call after the outage.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.ReadAsync("all", 0, 1, 1, cancellation)));
        await store.AppendAsync("all", [new Message(1, [1], false)], [], [], cancellation);

        await server.StopAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.AppendAsync("all", [new Message(2, [2], false)], [], [], cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.ReadAsync("all", 0, 1, 1, cancellation));
        Assert.Equal("The database cannot be reached.", await database.CheckAsync(cancellation));

        await server.StartAsync();
        Assert.Equal(before with { Head = 1 }, await store.OpenAsync("all", cancellation));
        await store.AppendAsync("all", [new Message(2, [2], false)], [], [], cancellation);
        Assert.Null(await database.CheckAsync(cancellation));
    }

    /// <summary>Apart from the assembly's server, which every other test shares.</summary>
    public sealed class StoppableServer : IAsyncLifetime
    {
        public PostgresServer Server { get; } = new();

        public ValueTask InitializeAsync() => Server.InitializeAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
