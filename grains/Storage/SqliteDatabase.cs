using System.Data.Common;
using Microsoft.Data.Sqlite;
using NotifyHub.Grains.Hosting;

namespace NotifyHub.Grains.Storage;

/// <summary>One SQLite file. SQLite has one writer at a time; here they queue without holding threads.</summary>
internal sealed class SqliteDatabase : Database
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private readonly string _file;
    private readonly bool _isUri;
    private readonly bool _mayCreate;
    private readonly Connections _readers;
    private readonly Connections _writers;
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Only touched by whoever holds the gate.
    private readonly Dictionary<string, SqliteCommand> _inserts = [];
    private SqliteConnection? _writer;
    private bool _disposed;

    public SqliteDatabase(string connectionString)
    {
        var builder = new SqliteConnectionStringBuilder(connectionString) { DefaultTimeout = (int)LockPatience.TotalSeconds };
        if (builder.DataSource is "" or ":memory:" || builder.Mode == SqliteOpenMode.Memory)
            throw new ArgumentException("SQLite needs a file; what is kept in memory is not durable.");
        _isUri = builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase);
        if (!_isUri) builder.DataSource = Path.GetFullPath(builder.DataSource);
        _mayCreate = builder.Mode == SqliteOpenMode.ReadWriteCreate;
        _file = builder.DataSource;
        ConnectionString = builder.ConnectionString;
        _readers = new Connections(ConnectionString);
        builder.Pooling = false;
        _writers = new Connections(builder.ConnectionString);
    }

    // Orleans knows the name only, and loads Microsoft.Data.Sqlite by it.
    public override string Invariant => "System.Data.SQLite";

    public override string ConnectionString { get; }

    public override DbDataSource DataSource => _readers;

    public override string? DataFile => _isUri ? null : _file;

    private protected override string MigrationFolder => "Sqlite";

    private protected override string? MigrationLock => null;

    private protected override string Description => $"The SQLite file '{_file}' (setting {Setting})";

    public override async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default)
    {
        try
        {
            // SQLite's async methods are synchronous, and a grain's thread must not wait for a disk.
            return await Task.Run(
                async () =>
                {
                    await using var connection = _readers.OpenConnection();
                    return await read(connection);
                },
                cancellation);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Translate(e);
        }
    }

    public override async Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(() => CommitAsync(write, cancellation), cancellation);
        }
        catch (Exception e) when (IsFault(e))
        {
            // Whatever state the fault left it in, the next writer starts on a fresh connection.
            CloseWriter();
            throw Translate(e);
        }
        finally
        {
            _gate.Release();
        }
    }

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

    private protected override bool IsRefusal(Exception fault) => fault is SqliteException
    {
        SqliteErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_TOOBIG or SQLitePCL.raw.SQLITE_MISMATCH,
    };

    private protected override string Explain(Exception fault) => fault switch
    {
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED } => "is locked by another program",
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_PERM } => "is read-only",
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CORRUPT } => "is damaged",
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_NOTADB } => "is not a SQLite database",
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } => "has no space left",
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CANTOPEN } => "cannot be opened",
        SqliteException sqlite => $"failed (SQLite error {sqlite.SqliteExtendedErrorCode})",
        _ => "cannot be opened",
    };

    private async Task<T> CommitAsync<T>(Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation)
    {
        _writer ??= OpenWriter();

        // Microsoft.Data.Sqlite begins with BEGIN IMMEDIATE: a transaction that reads first and writes later could otherwise find its
        // snapshot overtaken by one of Orleans' own writes, which no waiting cures.
        await using var transaction = _writer.BeginTransaction();
        var result = await write(_writer, transaction);
        cancellation.ThrowIfCancellationRequested();
        transaction.Commit();
        return result;
    }

    private SqliteConnection OpenWriter()
    {
        if (!_isUri) MakePrivate();
        var writer = (SqliteConnection)_writers.OpenConnection();
        try
        {
            // Kept in the file, so that readers and Orleans' connections have it too.
            using var command = writer.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL";
            command.ExecuteNonQuery();
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
            if (!File.Exists(_file)) PrivateFiles.Open(_file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
        }

        foreach (var suffix in (string[])["", "-wal", "-shm"]) PrivateFiles.Restrict(_file + suffix);
    }

    private void CloseWriter()
    {
        foreach (var insert in _inserts.Values) insert.Dispose();
        _inserts.Clear();
        _writer?.Dispose();
        _writer = null;
    }

    private static SqliteCommand PrepareInsert(SqliteConnection connection, SqliteTransaction transaction, string target, int columns)
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

    /// <summary>Opens connections with what SQLite does not keep in the file.</summary>
    private sealed class Connections(string connectionString) : DbDataSource
    {
        public override string ConnectionString => connectionString;

        protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

        protected override DbConnection OpenDbConnection()
        {
            var connection = new SqliteConnection(connectionString);
            try
            {
                connection.Open();
                using var command = connection.CreateCommand();

                // Without busy_timeout the provider itself waits for a lock, by sleeping 150 ms at a time.
                command.CommandText = $"PRAGMA busy_timeout = {LockPatience.TotalMilliseconds}; PRAGMA synchronous = FULL";
                command.ExecuteNonQuery();
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }

        protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
            new(OpenDbConnection());
    }
}
