using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using NotifyHub.Hosting;
using SQLitePCL;

namespace NotifyHub.Grains.Storage;

/// <summary>One SQLite file. SQLite has one writer at a time; here they queue without holding threads.</summary>
internal sealed class SqliteDatabase : Database
{
    // All that a write may wait, for its turn and for other programs: with the write before it that is under 10 s.
    private static readonly TimeSpan WriteTimeout = SqliteConnections.BusyTimeout;

    // While another program holds the lock: the first write has waited for it, those behind it need not wait as long.
    private static readonly TimeSpan LockedTimeout = TimeSpan.FromSeconds(1);

    private const int ConcurrentLists = 2;
    private const int InstructionsPerLook = 10_000;
    private const int CacheKiB = 32 << 10;

    // 32 MiB.
    private const int CheckpointPages = 8_192;

    private readonly string _file;
    private readonly bool _mayCreate;
    private readonly SqliteFiles _files;
    private readonly SqliteConnections _readers;
    private readonly SqliteConnections _writers;
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Only touched while holding the gate.
    private readonly Dictionary<string, SqliteCommand> _inserts = [];
    private SqliteConnection? _writer;
    private bool _isLocked;
    private bool _disposed;

    public SqliteDatabase(string connectionString, ILogger? logger = null) : base(ConcurrentLists, logger)
    {
        // The provider's own waiting ends with the first answer that comes after this.
        var builder = new SqliteConnectionStringBuilder(connectionString) { DefaultTimeout = 1 };
        if (builder.DataSource is "" or ":memory:" || builder.Mode == SqliteOpenMode.Memory)
            throw new ArgumentException("SQLite needs a file; an in-memory database is not durable.");
        if (builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            throw new ArgumentException("SQLite needs a plain path: a file: name can turn off what makes a commit durable.");
        if (builder.Cache == SqliteCacheMode.Shared)
            throw new ArgumentException("SQLite must not use Cache=Shared: readers would see uncommitted data.");
        if (builder.Mode == SqliteOpenMode.ReadOnly)
            throw new ArgumentException("SQLite must be writable: NotifyHub stores what it acknowledges.");
        builder.DataSource = Path.GetFullPath(builder.DataSource);
        _mayCreate = builder.Mode == SqliteOpenMode.ReadWriteCreate;
        _file = builder.DataSource;
        _files = new SqliteFiles(_file);
        ConnectionString = builder.ConnectionString;
        _readers = new SqliteConnections(ConnectionString, _files);
        builder.Pooling = false;
        _writers = new SqliteConnections(builder.ConnectionString, _files);
    }

    // Orleans knows the name only, and loads Microsoft.Data.Sqlite by it.
    public override string Invariant => "System.Data.SQLite";

    public override string ConnectionString { get; }

    public override DbDataSource DataSource => _readers;

    public override string? DataFile => _file;

    private protected override string MigrationFolder => "Sqlite";

    private protected override string? MigrationLock => null;

    private protected override string Description => $"The SQLite file '{_file}' (setting {Setting})";

    public override Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default) =>
        ReadAsync(read, TaskCreationOptions.DenyChildAttach, cancellation);

    public override async Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default)
    {
        var begun = Stopwatch.GetTimestamp();
        if (!await _gate.WaitAsync(WriteTimeout, cancellation)) throw Translate(StorageUse.Commit, new TimeoutException());
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var result = await Task.Run(() => CommitAsync(write, begun, cancellation), cancellation);
            _isLocked = false;
            Health.Succeeded(StorageUse.Commit);
            return result;
        }
        catch (Exception e) when (IsFault(e))
        {
            _isLocked = SqliteFaults.IsLocked(e);
            // Whatever state the fault left it in, the next writer starts on a fresh connection. But not on another file: as
            // long as this one is open, it is known which it was.
            if (_files.AreTheSame()) CloseWriter();
            throw Translate(StorageUse.Commit, e);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>Also gives back what the write-ahead log has grown by, as soon as no reader needs it.</remarks>
    public override async Task ProbeAsync(CancellationToken cancellation = default)
    {
        await base.ProbeAsync(cancellation);
        var log = new FileInfo(_file + "-wal");
        if (!log.Exists || log.Length <= SqliteConnections.LogBytes) return;
        try
        {
            await Task.Run(
                () =>
                {
                    using var connection = (SqliteConnection)_readers.OpenConnection();
                    // It does not wait: if there is still a reader, the next probe tries again.
                    raw.sqlite3_busy_timeout(connection.Handle, 0);
                    using var command = connection.CreateCommand();
                    command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
                    command.ExecuteNonQuery();
                },
                cancellation);
        }
        catch (Exception e) when (IsFault(e))
        {
            // Another connection writes or reads just now.
            if (!SqliteFaults.IsLocked(e)) throw Translate(StorageUse.Commit, e);
        }
    }

    public override Task<string?> FindDurabilityFaultAsync(CancellationToken cancellation = default) => WriteAsync(
        (connection, _) =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode";
            var mode = (string?)command.ExecuteScalar();
            return Task.FromResult(mode is "memory" or "off" ? $"the journal mode of the SQLite file is '{mode}'" : null);
        },
        cancellation);

    public override Task InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        string table,
        IReadOnlyList<(string Name, Array Values)> columns,
        CancellationToken cancellation)
    {
        var key = $"{table} ({string.Join(", ", columns.Select(column => column.Name))})";
        if (!_inserts.TryGetValue(key, out var insert))
        {
            insert = PrepareInsert((SqliteConnection)connection, (SqliteTransaction)transaction, key, columns.Count);
            _inserts.Add(key, insert);
        }

        insert.Transaction = (SqliteTransaction)transaction;
        for (var row = 0; row < columns[0].Values.Length; row++)
        {
            for (var column = 0; column < columns.Count; column++)
                insert.Parameters[column].Value = columns[column].Values.GetValue(row) ?? DBNull.Value;
            insert.ExecuteNonQuery();
        }

        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _gate.WaitAsync();
        _disposed = true;
        CloseWriter();
        using (var pooled = new SqliteConnection(ConnectionString)) SqliteConnection.ClearPool(pooled);
        _gate.Release();
    }

    private protected override bool IsUniqueViolation(Exception fault) => fault is SqliteException
    {
        SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY,
    };

    internal override bool IsRefusal(Exception fault) => fault is SqliteException
    {
        SqliteErrorCode: raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE,
    };

    private protected override StorageFault Explain(Exception fault) => SqliteFaults.Explain(fault);

    private protected override async Task<T> ReadWithinAsync<T>(
        TimeSpan limit, Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            // On a thread of its own: those of the pool are few, and commits need them.
            return await ReadAsync(
                async connection =>
                {
                    var begun = Stopwatch.GetTimestamp();
                    var handle = ((SqliteConnection)connection).Handle;
                    bool IsOver() => Stopwatch.GetElapsedTime(begun) > limit || cancellation.IsCancellationRequested;
                    raw.sqlite3_progress_handler(handle, InstructionsPerLook, _ => IsOver() ? 1 : 0, null);
                    try
                    {
                        return await read(connection);
                    }
                    finally
                    {
                        // The connection goes back into its pool.
                        raw.sqlite3_progress_handler(handle, 0, null, null);
                    }
                },
                TaskCreationOptions.LongRunning,
                cancellation);
        }
        catch (SqliteException e) when (SqliteFaults.IsInterrupted(e))
        {
            cancellation.ThrowIfCancellationRequested();
            throw TookTooLong(e);
        }
    }

    private async Task<T> ReadAsync<T>(
        Func<DbConnection, Task<T>> read, TaskCreationOptions thread, CancellationToken cancellation)
    {
        try
        {
            // SQLite's async methods are synchronous, and a grain's thread must not wait for a disk.
            var result = await Task.Factory.StartNew(
                async () =>
                {
                    await using var connection = _readers.OpenConnection();
                    return await read(connection);
                },
                cancellation,
                thread,
                TaskScheduler.Default).Unwrap();
            Health.Succeeded(StorageUse.Read);
            return result;
        }
        catch (Exception e) when (IsFault(e) && !SqliteFaults.IsInterrupted(e))
        {
            throw Translate(StorageUse.Read, e);
        }
    }

    private async Task<T> CommitAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, long begun, CancellationToken cancellation)
    {
        _files.Check();
        _writer ??= OpenWriter();
        var left = (_isLocked ? LockedTimeout : WriteTimeout) - Stopwatch.GetElapsedTime(begun);
        raw.sqlite3_busy_timeout(_writer.Handle, Math.Max(1, (int)left.TotalMilliseconds));

        // Microsoft.Data.Sqlite begins with BEGIN IMMEDIATE: a transaction that reads first and writes later could otherwise find
        // its snapshot overtaken by one of Orleans' own writes, and no waiting helps then.
        await using var transaction = _writer.BeginTransaction();
        var result = await write(_writer, transaction);
        cancellation.ThrowIfCancellationRequested();
        transaction.Commit();

        // Before the caller gets its acknowledgement.
        _files.Check();
        return result;
    }

    private SqliteConnection OpenWriter()
    {
        MakePrivate();
        var writer = (SqliteConnection)_writers.OpenConnection();
        try
        {
            // Kept in the file, so that readers and Orleans' connections have it too.
            using var command = writer.CreateCommand();
            // A commit to many channels changes pages all over an index: they are kept in memory, and not copied into the file
            // by every commit.
            command.CommandText =
                $"PRAGMA journal_mode = WAL; PRAGMA cache_size = -{CacheKiB}; PRAGMA wal_autocheckpoint = {CheckpointPages}; "
                + "SELECT count(*) FROM sqlite_schema";
            command.ExecuteNonQuery();
            // Read from, so that the files beside it are there.
            _files.Remember();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Leaves the file to its owner. SQLite gives the two files beside it the mode of this one.</summary>
    private void MakePrivate()
    {
        if (_mayCreate)
        {
            if (Path.GetDirectoryName(_file) is { Length: > 0 } folder) PrivateFiles.CreateFolder(folder);
            if (!File.Exists(_file))
                PrivateFiles.Open(_file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
        }

        foreach (var suffix in (string[])["", "-wal", "-shm"]) PrivateFiles.Restrict(_file + suffix);
    }

    private void CloseWriter()
    {
        foreach (var insert in _inserts.Values) insert.Dispose();
        _inserts.Clear();
        _writer?.Dispose();
        _writer = null;
        _files.ForgetBeside();
    }

    private static SqliteCommand PrepareInsert(
        SqliteConnection connection, SqliteTransaction transaction, string target, int columns)
    {
        var insert = connection.CreateCommand();
        insert.Transaction = transaction;
        var names = Enumerable.Range(1, columns).Select(number => $"@{number}").ToList();
#pragma warning disable CA2100 // Names of tables and columns are the program's own.
        insert.CommandText = $"INSERT INTO {target} VALUES ({string.Join(", ", names)})";
#pragma warning restore CA2100
        foreach (var name in names) insert.Parameters.Add(new SqliteParameter { ParameterName = name });
        insert.Prepare();
        return insert;
    }
}
