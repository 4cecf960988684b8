using System.Net;
using System.Net.Sockets;
using NotifyHub.Grains.Broadcast;
using Npgsql;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>A primary, a standby that is promoted, and writes that go on without a restart.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private readonly PostgresServer _primary = new();
    private PostgresServer? _standby;
    private string _epoch = "";
    private NpgsqlConnectionStringBuilder _storage = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _primary.InitializeAsync();
        _storage = new NpgsqlConnectionStringBuilder(await _primary.CreateDatabaseAsync());
        _standby = await _primary.CreateStandbyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_standby is not null) await _standby.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Theory]
    [InlineData("Primary")]
    [InlineData("ReadWrite")]
    [InlineData(null)]
    public async Task With_several_hosts_the_promoted_standby_is_found(string? target)
    {
        // The standby first: which of them is the primary must be looked at, not guessed.
        _storage.Host = $"127.0.0.1:{_standby!.Port},127.0.0.1:{_primary.Port}";
        _storage.Remove("Port");
        var wanted = target == "ReadWrite" ? "read-write" : "primary";
        var storage = _storage.ConnectionString + (target is null ? "" : $";Target Session Attributes={wanted}");
        await using var database = DatabaseFactory.Open(storage);
        await database.MigrateAsync(Cancellation);
        var store = new MessageStore(database);
        _epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        await AppendAsync(store, 1);
        await WaitForStandbyAsync();

        await _primary.StopAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => AppendAsync(store, 2));
        Assert.NotNull(database.Health.Error);
        await _standby.PromoteAsync();

        await WriteUntilTakenAsync(store, 2);
        Assert.Null(database.Health.Error);
    }

    [Fact]
    public async Task Connections_to_a_former_primary_that_lives_on_read_only_are_given_up()
    {
        await using var address = new MovingAddress(_primary.Port);
        _storage.Port = address.Port;
        await using var database = DatabaseFactory.Open(_storage.ConnectionString);
        await database.MigrateAsync(Cancellation);
        var store = new MessageStore(database);
        _epoch = (await store.OpenAsync("all", Cancellation)).Epoch;
        // Several connections in several pools, all to the primary.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.ReadAsync("all", 0, 1, 1, Cancellation)));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(n => store.OpenAsync($"channel-{n}", Cancellation)));
        await AppendAsync(store, 1);
        await WaitForStandbyAsync();

        await _standby!.PromoteAsync();
        await _primary.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await _primary.ExecuteAsync("SELECT pg_reload_conf()");
        address.Target = _standby.Port;
        await Until.TrueAsync(async () => (string?)await _primary.ExecuteAsync("SHOW default_transaction_read_only") == "on");

        // One publisher may learn of it, those after it are served.
        var error = await Record.ExceptionAsync(() => AppendAsync(store, 2));
        if (error is not null)
        {
            var unavailable = Assert.IsType<StorageUnavailableException>(error);
            Assert.EndsWith(" is read-only.", unavailable.Message, StringComparison.Ordinal);
            await AppendAsync(store, 2);
        }

        for (var offset = 3; offset <= 10; offset++) await AppendAsync(store, offset);
        Assert.Equal(10, (await store.OpenAsync("all", Cancellation)).Head);
    }

    [Fact]
    public async Task Without_publishes_the_probe_detects_a_lost_primary()
    {
        await using var database = DatabaseFactory.Open(_storage.ConnectionString);
        await database.MigrateAsync(Cancellation);
        await database.ProbeAsync(Cancellation);
        Assert.Null(database.Health.Error);
        await _primary.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await _primary.ExecuteAsync("SELECT pg_reload_conf()");

        await Until.TrueAsync(async () =>
            await Record.ExceptionAsync(() => database.ProbeAsync(Cancellation)) is StorageUnavailableException);

        Assert.StartsWith("The database is read-only. ", database.Health.Error?.ToString(), StringComparison.Ordinal);
        // Reads go on, and do not hide it.
        Assert.Null(await database.CheckAsync(Cancellation));
        Assert.NotNull(database.Health.Error);
    }

    private Task AppendAsync(MessageStore store, long offset) =>
        store.AppendAsync("all", _epoch, [new Message(offset, [1], false)], [], [], Cancellation);

    private async Task WaitForStandbyAsync() => await Until.TrueAsync(async () => (bool)(await _primary.ExecuteAsync(
        "SELECT coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) FROM pg_stat_replication"))!);

    private async Task WriteUntilTakenAsync(MessageStore store, long offset)
    {
        Exception? last = null;
        await Until.TrueAsync(
            async () =>
            {
                last = await Record.ExceptionAsync(() => AppendAsync(store, offset));
                return last is null;
            },
            () => last?.ToString() ?? "");
    }

    /// <summary>
    /// An address that leads to another server from some moment on, as a name or a virtual address does; what was connected
    /// stays connected.
    /// </summary>
    private sealed class MovingAddress : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly List<Socket> _sockets = [];
        private readonly Task _accepting;

        public MovingAddress(int target)
        {
            Target = target;
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Target { get; set; }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
            lock (_sockets) _sockets.ForEach(socket => socket.Dispose());
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptSocketAsync();
                    var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    lock (_sockets) _sockets.AddRange([client, server]);
                    await server.ConnectAsync(IPAddress.Loopback, Target);
                    _ = CopyAsync(client, server);
                    _ = CopyAsync(server, client);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The test is over.
            }
        }

        private static async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[1 << 16];
            try
            {
                while (await from.ReceiveAsync(buffer) is > 0 and var bytes) await to.SendAsync(buffer.AsMemory(0, bytes));
                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                from.Dispose();
                to.Dispose();
            }
        }
    }
}
