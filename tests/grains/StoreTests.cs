using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

/// <summary>A migrated database of its own for each test; every test runs on both kinds.</summary>
public abstract class StoreTests : IAsyncLifetime
{
    private Database? _database;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected Database Database => _database ?? throw new InvalidOperationException("The test has not begun.");

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    protected IOptions<SiloOptions> Settings { get; } = Options.Create(new SiloOptions { TimeZone = "Asia/Taipei" });

    public async ValueTask InitializeAsync()
    {
        _database = Database.Open(await MakeAsync());
        await _database.MigrateAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Database.DisposeAsync();
        await DropAsync();
    }

    /// <summary>Makes an empty database; answers its connection string.</summary>
    protected abstract Task<string> MakeAsync();

    protected virtual Task DropAsync() => Task.CompletedTask;

    /// <summary>Stored as the log's own writer stores it.</summary>
    protected Task PublishAsync(long id, string title, string message = "text", string severity = "info", DateTimeOffset? at = null)
    {
        var draft = new NotificationDraft(
            "windows", title, message, severity, "normal", null, null, null, null, null, "{\"n\":1}", at ?? Time.GetUtcNow());
        var notification = Notification.AsPublished(id, draft);
        return new MessageStore(Database).AppendAsync(
            GrainKeys.PublicChannel, [new Message(id, "{}"u8.ToArray(), true)], [notification], [], Cancellation);
    }
}

/// <summary>The databases that store tests run on.</summary>
public sealed class SqliteFolder
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-stores-");

    public string ConnectionString => $"Data Source={Path.Combine(_folder.FullName, "stores.db")}";

    public void Delete() => _folder.Delete(recursive: true);
}
