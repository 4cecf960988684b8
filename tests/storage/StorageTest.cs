using System.Text;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace NotifyHub.StorageTests;

/// <summary>A test with a migrated database of its own. Every kind of test is run on both databases.</summary>
public abstract class StorageTest(PostgresServer? server) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-storage-");

    protected string ConnectionString { get; private set; } = "";

    protected Database Database { get; private set; } = null!;

    protected bool IsSqlite => server is null;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The folder of the file is left for the database to make.
        ConnectionString = server is null
            ? $"Data Source={Path.Combine(_folder.FullName, "data", "notifyhub.db")}"
            : await ReachAsync(await server.CreateDatabaseAsync());
        Database = DatabaseFactory.Open(ConnectionString);
        await Database.MigrateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await LeaveAsync();
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts something between the test and the server; answers the connection string to use.</summary>
    protected virtual Task<string> ReachAsync(string storage) => Task.FromResult(storage);

    /// <summary>Ends what <see cref="ReachAsync"/> began.</summary>
    protected virtual ValueTask LeaveAsync() => ValueTask.CompletedTask;

    /// <summary>Messages with consecutive offsets, whose payloads tell them apart.</summary>
    protected static Message[] Messages(long first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Message(first + i, Payload(first + i), IsNotification: false))];

    protected static byte[] Payload(long offset) => Encoding.UTF8.GetBytes($$"""{"n":{{offset:D6}}}""");
}
