using Dapper;
using Microsoft.Data.Sqlite;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteDatabaseTests() : DatabaseTests(null)
{
    [Theory]
    [InlineData(
        "This is a letter and no database. This is a letter and no database. This is a letter and no database.",
        "is not a SQLite database")]
    [InlineData(
        "SQLite format 3\0 and then nothing that makes sense: a page header that was overwritten by something else, "
            + "100 bytes long",
        "is not a SQLite database")]
    public async Task A_file_that_is_no_database_is_an_error_that_names_file_and_setting(string content, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-garbage-");
        var file = Path.Combine(folder.FullName, "garbage.db");
        await File.WriteAllTextAsync(file, content, Cancellation);
        await using (var database = DatabaseFactory.Open($"Data Source={file}"))
        {
            var error = await Assert.ThrowsAnyAsync<StorageUnavailableException>(() => database.MigrateAsync(Cancellation));

            Assert.Equal($"The SQLite file '{file}' (setting NotifyHub:Storage) {reason}.", error.Message);
            Assert.StartsWith($"The database {reason}. ", $"{await database.CheckAsync(Cancellation)}", StringComparison.Ordinal);
        }

        Assert.Equal(content, await File.ReadAllTextAsync(file, Cancellation));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_path_that_cannot_be_opened_is_an_error_that_names_it()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-garbage-");
        await using (var database = DatabaseFactory.Open($"Data Source={folder.FullName}"))
        {
            var error = await Assert.ThrowsAnyAsync<StorageUnavailableException>(() => database.MigrateAsync(Cancellation));

            Assert.Equal($"The SQLite file '{folder.FullName}' (setting NotifyHub:Storage) cannot be opened.", error.Message);
        }

        folder.Delete();
    }

    [Fact]
    public async Task Commits_are_synced_and_readers_do_not_wait_for_the_writer()
    {
        var (journal, synchronous) = await Database.WriteAsync(
            async (connection, _) => (
                await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"),
                await connection.ExecuteScalarAsync<long>("PRAGMA synchronous")),
            Cancellation);

        Assert.Equal(("wal", 2), (journal, synchronous));
        Assert.Equal(2, await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>("PRAGMA synchronous"), Cancellation));
    }

    [Fact]
    public async Task A_write_waits_for_another_program_that_holds_the_lock()
    {
        await using var other = new SqliteConnection(ConnectionString);
        await other.OpenAsync(Cancellation);
        await other.ExecuteAsync("BEGIN IMMEDIATE");
        var store = new MessageStore(Database);

        var opening = store.OpenAsync("all", Cancellation);
        Assert.Null(await Database.CheckAsync(Cancellation));
        Assert.False(opening.IsCompleted);
        await other.ExecuteAsync("COMMIT");

        Assert.Equal(0, (await opening).Head);
    }
}

public sealed class PostgresDatabaseTests(PostgresServer server) : DatabaseTests(server)
{
    [Fact]
    public async Task A_wrong_password_is_an_error_without_the_password()
    {
        var wrong = new Npgsql.NpgsqlConnectionStringBuilder(ConnectionString) { Password = "wrong-secret" };
        await using var database = DatabaseFactory.Open(wrong.ConnectionString);

        var error = await Assert.ThrowsAnyAsync<StorageUnavailableException>(() => database.MigrateAsync(Cancellation));

        Assert.Equal("The PostgreSQL database (setting NotifyHub:Storage) refuses the user name or password.", error.Message);
        Assert.DoesNotContain("wrong-secret", error.ToString(), StringComparison.Ordinal);
    }
}

public abstract class DatabaseTests(PostgresServer? server) : StorageTest(server)
{
    private const string InsertA = "INSERT INTO log (name, epoch, created_at) VALUES ('a', '', 0)";

    private readonly PostgresServer? _server = server;

    [Fact]
    public async Task Eight_silos_starting_at_once_migrate_once()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-race-");
        var connectionString = _server is null
            ? $"Data Source={folder.FullName}/data/race.db"
            : await _server.CreateDatabaseAsync();
        var silos = Enumerable.Range(0, 8).Select(_ => DatabaseFactory.Open(connectionString)).ToList();

        await Task.WhenAll(silos.Select(silo => silo.MigrateAsync(Cancellation)));

        var applied = await MigrationsAsync(silos[0]);
        await silos[0].MigrateAsync(Cancellation);
        Assert.Equal(applied, await MigrationsAsync(silos[0]));
        Assert.Equal(["0001_orleans", "0002_log"], applied.Select(migration => migration.Name).Take(2));
        foreach (var silo in silos) await silo.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_failing_write_leaves_nothing_and_the_next_one_works()
    {
        await Assert.ThrowsAsync<StorageBrokenException>(() => InsertChannelAsync("a", then: "SELECT * FROM no_such_table"));
        await Assert.ThrowsAsync<FencedException>(() => InsertChannelAsync("a", then: InsertA));
        await Assert.ThrowsAsync<InvalidDataException>(() => Database.WriteAsync<int>(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(InsertA, transaction: transaction);
                throw new InvalidDataException("Not the database's.");
            },
            Cancellation));

        Assert.Equal(1, await InsertChannelAsync("a", then: "SELECT 1"));
    }

    [Fact]
    public async Task A_write_that_is_cancelled_before_its_commit_is_rolled_back()
    {
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(InsertA, transaction: transaction);
                await source.CancelAsync();
                return 0;
            },
            source.Token));

        Assert.Equal(1, await InsertChannelAsync("a", then: "SELECT 1"));
    }

    [Fact]
    public async Task A_closed_database_refuses_instead_of_hanging()
    {
        var closed = DatabaseFactory.Open(ConnectionString);
        await closed.MigrateAsync(Cancellation);
        await closed.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => closed.MigrateAsync(Cancellation));
    }

    [Fact]
    public async Task A_check_of_a_good_database_finds_nothing() => Assert.Null(await Database.CheckAsync(Cancellation));

    private Task<int> InsertChannelAsync(string name, string then) => Database.WriteAsync(
        async (connection, transaction) =>
        {
            var rows = await connection.ExecuteAsync(
                "INSERT INTO log (name, epoch, created_at) VALUES (@name, '', 0)", new { name }, transaction);
            await connection.ExecuteAsync(then, transaction: transaction);
            return rows;
        },
        Cancellation);

    private static Task<List<(string Name, long AppliedAt)>> MigrationsAsync(Database database) => database.ReadAsync(
        async connection =>
            (await connection.QueryAsync<(string, long)>("SELECT name, applied_at FROM migration ORDER BY name")).AsList(),
        Cancellation);
}
