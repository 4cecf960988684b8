using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace NotifyHub.GrainTests;

/// <summary>A test of a store on a migrated database of its own: SQLite, or PostgreSQL when there is a server.</summary>
public abstract class StoreTest(PostgresServer? server) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-stores-");
    private Database? _database;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected Database Database => _database!;

    /// <summary>Noon UTC of March 10th, 2026: 20:00 in the server's zone.</summary>
    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    protected ReportPositions Positions => field ??= new ReportPositions(Database, Clock);

    protected IOptions<SiloOptions> Settings { get; } = Options.Create(new SiloOptions { TimeZone = "Asia/Taipei" });

    public async ValueTask InitializeAsync()
    {
        _database = DatabaseFactory.Open(
            server is null ? $"Data Source={Path.Combine(_folder.FullName, "stores.db")}" : await server.CreateDatabaseAsync());
        await _database.MigrateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Database.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
