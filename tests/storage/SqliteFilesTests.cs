using Dapper;
using Microsoft.Data.Sqlite;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>
/// The database's files are deleted, moved or replaced while it is open: nothing is acknowledged that would be lost.
/// </summary>
public sealed class SqliteFilesTests() : StorageTest(null)
{
    private string _epoch = "";

    private MessageStore Store => field ??= new MessageStore(Database);

    private string File => new SqliteConnectionStringBuilder(ConnectionString).DataSource;

    [Theory]
    [InlineData("deleted")]
    [InlineData("moved")]
    [InlineData("replaced by a copy")]
    [InlineData("folder emptied")]
    [InlineData("log deleted")]
    [InlineData("shared memory deleted")]
    public async Task Nothing_is_acknowledged_when_the_file_is(string what)
    {
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;
        await AppendAsync(1);
        await ReadHeadAsync();

        await DisturbAsync(what);

        for (var attempt = 0; attempt < 3; attempt++)
        {
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => AppendAsync(2));
            Assert.EndsWith(" was deleted, moved or replaced while it was open.", error.Message, StringComparison.Ordinal);
            Assert.StartsWith(
                "The database was deleted, moved or replaced while it was open. Stop NotifyHub, ",
                Database.Health.Error?.ToString(),
                StringComparison.Ordinal);
            // Readers must not make a new file in its place, nor read another one.
            await Assert.ThrowsAsync<StorageUnavailableException>(ReadHeadAsync);
            await Assert.ThrowsAsync<StorageUnavailableException>(() => Database.ProbeAsync(Cancellation));
        }

        Assert.Equal(what is "replaced by a copy" or "log deleted" or "shared memory deleted", System.IO.File.Exists(File));
    }

    [Fact]
    public async Task What_is_committed_while_the_file_is_taken_away_is_not_acknowledged()
    {
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => Database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(
                    "INSERT INTO log (name, epoch, created_at) VALUES ('b', '', 0)", transaction: transaction);
                System.IO.File.Delete(File);
                return 0;
            },
            Cancellation));
    }

    [Fact]
    public async Task Publishing_goes_on_when_the_very_same_files_are_put_back()
    {
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;
        await AppendAsync(1);
        await DisturbAsync("moved");
        await Assert.ThrowsAsync<StorageUnavailableException>(() => AppendAsync(2));

        foreach (var suffix in (string[])["", "-wal", "-shm"]) System.IO.File.Move(Away(suffix), File + suffix);

        await AppendAsync(2);
        Assert.Equal(2, (await Store.OpenAsync("all", Cancellation)).Head);
        await using var reopened = DatabaseFactory.Open(ConnectionString);
        Assert.Equal(2, (await new MessageStore(reopened).OpenAsync("all", Cancellation)).Head);
    }

    [Fact]
    public async Task The_write_ahead_log_shrinks_when_a_long_reader_has_gone()
    {
        const int MaxBytes = 4 << 20;
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;
        await using (var reader = new SqliteConnection(ConnectionString + ";Pooling=False"))
        {
            await reader.OpenAsync(Cancellation);
            await reader.ExecuteAsync("BEGIN; SELECT count(*) FROM message");
            for (var offset = 1; offset <= 20; offset++) await AppendAsync(offset, new byte[1 << 20]);
            Assert.True(LogBytes() > 16 << 20, $"The log has {LogBytes()} bytes.");
            await Database.ProbeAsync(Cancellation);
        }

        await Database.ProbeAsync(Cancellation);

        Assert.True(LogBytes() <= MaxBytes, $"The log has {LogBytes()} bytes.");
        Assert.Equal(20, (await Store.OpenAsync("all", Cancellation)).Head);

        long LogBytes() => new FileInfo(File + "-wal").Length;
    }

    [Fact]
    public async Task Writes_behind_another_programs_lock_fail_while_it_is_held_and_work_after_it()
    {
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;
        await using var other = new SqliteConnection(ConnectionString + ";Pooling=False");
        await other.OpenAsync(Cancellation);
        await other.ExecuteAsync("BEGIN IMMEDIATE");

        var writes = Enumerable.Range(0, 20)
            .Select(n => Record.ExceptionAsync(() => Store.OpenAsync($"behind-{n}", Cancellation)).AsTask()).ToList();
        var errors = await Task.WhenAll(writes);
        // The next ones fail sooner.
        var later = await Record.ExceptionAsync(() => Store.OpenAsync("later", Cancellation));

        Assert.All([.. errors, later], error => Assert.IsType<StorageUnavailableException>(error));
        Assert.Contains("lock", Database.Health.Error?.ToString(), StringComparison.Ordinal);
        await other.ExecuteAsync("COMMIT");
        await Store.OpenAsync("after", Cancellation);
        Assert.Null(Database.Health.Error);
    }

    [Fact]
    public async Task A_damaged_page_stays_an_error_although_other_writes_succeed()
    {
        _epoch = (await Store.OpenAsync("all", Cancellation)).Epoch;
        for (var offset = 1; offset <= 100; offset++) await AppendAsync(offset, new byte[8192]);
        await Database.WriteAsync((connection, _) => connection.ExecuteAsync("CREATE TABLE other (n integer)"), Cancellation);
        await using (var connection = new SqliteConnection(ConnectionString + ";Pooling=False"))
        {
            await connection.OpenAsync(Cancellation);
            await connection.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
            var root = await connection.ExecuteScalarAsync<long>("SELECT rootpage FROM sqlite_schema WHERE name = 'message'");
            await using var file = new FileStream(
                File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            file.Position = (root - 1) * 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xEE, 4096).ToArray(), Cancellation);
        }

        await using var reopened = DatabaseFactory.Open(ConnectionString);
        var error = await Assert.ThrowsAsync<StorageBrokenException>(() => new MessageStore(reopened).AppendAsync(
            "all", _epoch, [new Message(101, [1], false)], [], [], Cancellation));
        await reopened.WriteAsync((connection, _) => connection.ExecuteAsync("INSERT INTO other VALUES (1)"), Cancellation);

        Assert.EndsWith(" is damaged.", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("The database is damaged. ", reopened.Health.Error?.ToString(), StringComparison.Ordinal);
    }

    private Task AppendAsync(long offset, byte[]? payload = null) =>
        Store.AppendAsync("all", _epoch, [new Message(offset, payload ?? [1], false)], [], [], Cancellation);

    private Task ReadHeadAsync() => Store.ReadAsync("all", 0, 1, 1, Cancellation);

    private string Away(string suffix) => Path.Combine(Path.GetDirectoryName(File)!, "away" + suffix);

    private async Task DisturbAsync(string what)
    {
        string[] suffixes = ["", "-wal", "-shm"];
        switch (what)
        {
            case "deleted":
                System.IO.File.Delete(File);
                break;
            case "moved":
                foreach (var suffix in suffixes) System.IO.File.Move(File + suffix, Away(suffix));
                break;
            case "replaced by a copy":
                System.IO.File.Copy(File, Away(""));
                System.IO.File.Move(Away(""), File, overwrite: true);
                break;
            case "folder emptied":
                foreach (var suffix in suffixes) System.IO.File.Delete(File + suffix);
                break;
            case "log deleted":
                System.IO.File.Delete(File + "-wal");
                break;
            default:
                System.IO.File.Delete(File + "-shm");
                break;
        }

        await Task.CompletedTask;
    }
}
