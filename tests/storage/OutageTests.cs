using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
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
        await using var database = DatabaseFactory.Open(await server.CreateDatabaseAsync());
        await database.MigrateAsync(cancellation);
        var store = new MessageStore(database);
        var before = await store.OpenAsync("all", cancellation);

        // Several idle connections in the pool: none of them may spoil a call after the outage.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.ReadAsync("all", 0, 1, 1, cancellation)));
        await store.AppendAsync("all", before.Epoch, [new Message(1, [1], false)], [], [], cancellation);

        await server.StopAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => store.AppendAsync("all", before.Epoch, [new Message(2, [2], false)], [], [], cancellation));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.ReadAsync("all", 0, 1, 1, cancellation));
        var found = await database.CheckAsync(cancellation);
        Assert.StartsWith("The database cannot be reached. ", found?.ToString(), StringComparison.Ordinal);
        Assert.NotNull(database.Health.Error);

        await server.StartAsync();
        Assert.Equal(before with { Head = 1 }, await store.OpenAsync("all", cancellation));
        await store.AppendAsync("all", before.Epoch, [new Message(2, [2], false)], [], [], cancellation);
        Assert.Null(await database.CheckAsync(cancellation));
        Assert.Null(database.Health.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData(";Options=-c idle_in_transaction_session_timeout=0")]
    public async Task A_silo_that_hangs_during_a_write_does_not_block_its_successor(string options)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var storage = await fixture.Server.CreateDatabaseAsync() + options;
        await using var hanging = DatabaseFactory.Open(storage);
        await using var other = DatabaseFactory.Open(storage);
        await hanging.MigrateAsync(cancellation);
        var store = new MessageStore(other);
        var before = await store.OpenAsync("all", cancellation);
        var (inserted, goesOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var write = hanging.WriteAsync(
            async (connection, transaction) =>
            {
                await hanging.InsertAsync(
                    connection,
                    transaction,
                    "message",
                    [
                        ("log_id", new long[] { 1 }), ("\"offset\"", new long[] { 1 }), ("created_at", new long[] { 1 }),
                        ("is_notification", new[] { false }), ("payload", new[] { "lost"u8.ToArray() }),
                    ],
                    cancellation);
                inserted.SetResult();
                await goesOn.Task;
                return 0;
            },
            cancellation);
        await inserted.Task;

        await store.AppendAsync("all", before.Epoch, [new Message(1, [1], false)], [], [], cancellation);

        goesOn.SetResult();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => write);
        Assert.Equal([1], Assert.Single(await store.ReadAsync("all", 0, 10, 100, cancellation)).Payload);
    }

    /// <summary>Apart from the assembly's server, which every other test shares.</summary>
    public sealed class StoppableServer : IAsyncLifetime
    {
        public PostgresServer Server { get; } = new();

        public ValueTask InitializeAsync() => Server.InitializeAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
