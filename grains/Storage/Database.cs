using System.Data.Common;
using System.Net.Sockets;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage.Migrations;

namespace NotifyHub.Grains.Storage;

/// <summary>The database that a silo keeps everything in: PostgreSQL in a cluster, SQLite embedded.</summary>
public abstract class Database : IAsyncDisposable
{
    internal const string Setting = $"{SiloOptions.Section}:{nameof(SiloOptions.Storage)}";

    private readonly ListLimiter _lists;

    private protected Database(int concurrentLists, ILogger? logger)
    {
        Health = new StorageHealth(TimeProvider.System, logger ?? NullLogger.Instance);
        _lists = new ListLimiter(concurrentLists);
    }

    /// <summary>The invariant name that Orleans' ADO.NET providers know this database by.</summary>
    public abstract string Invariant { get; }

    /// <summary>The connection string for Orleans' ADO.NET providers, with the defaults that this class adds.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>It has partitions, arrays and <c>LATERAL</c>. False: it is SQLite.</summary>
    public virtual bool IsPostgres => false;

    /// <summary>The file that it is; null: a server.</summary>
    public virtual string? DataFile => null;

    /// <summary>
    /// Connections for Orleans' ADO.NET providers, which take it in place of the connection string. PostgreSQL: a pool of their
    /// own, so that nothing else keeps a silo from writing that it lives. SQLite: they wait for the file's lock without the
    /// provider's 150 ms naps.
    /// </summary>
    public abstract DbDataSource DataSource { get; }

    /// <summary>The recent outcomes of reads and commits.</summary>
    public StorageHealth Health { get; }

    /// <summary>
    /// Runs short queries on a pooled connection. SQLite: off the caller's thread, so the delegate must not touch a grain's
    /// fields.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached or failed.</exception>
    public abstract Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default);

    /// <summary>
    /// Runs queries that may read much: lists, searches, sums. They have connections and a time limit of their own, only a few
    /// run at a time, and only some more may wait. SQLite: off the caller's thread, as in <see cref="ReadAsync"/>.
    /// </summary>
    /// <exception cref="ListRefusedException">Too many at a time, or it took too long.</exception>
    /// <exception cref="StorageUnavailableException">The database cannot be reached or failed.</exception>
    public Task<T> ListAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default) =>
        _lists.RunAsync(() => ReadWithinAsync(ListTimeout, read, cancellation), cancellation);

    /// <summary>
    /// Runs one transaction and commits it durably. SQLite: one writer at a time and off the caller's thread, so the delegate
    /// must not touch a grain's fields.
    /// </summary>
    /// <exception cref="FencedException">A unique key was violated; everything was rolled back.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; when the connection broke during the commit,
    /// the outcome is unknown.</exception>
    public abstract Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default);

    /// <summary>
    /// Inserts many rows, given by columns, the fastest way that the database has. Only within <see cref="WriteAsync"/>.
    /// </summary>
    /// <param name="table">A table's name, or anything that may stand there; part of the SQL, never a user's input.</param>
    /// <param name="columns">Names (also part of the SQL) and equally long arrays of long, bool, string or byte[]; nullable
    /// ones too.</param>
    public abstract Task InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        string table,
        IReadOnlyList<(string Name, Array Values)> columns,
        CancellationToken cancellation);

    /// <summary>
    /// Inserts rows in one durable transaction, if the guard lets them. False: it did not, and nothing was inserted.
    /// </summary>
    /// <param name="guard">What must be so.</param>
    /// <param name="tables">What is inserted.</param>
    /// <param name="mark">What is changed with it; null: nothing.</param>
    /// <param name="cancellation">Ends it before it is sent.</param>
    /// <exception cref="FencedException">A unique key was violated; nothing was inserted.</exception>
    /// <exception cref="NotStorableException">The database refuses some of the values; nothing was inserted.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; when the connection broke, the outcome is
    /// unknown.</exception>
    public async Task<bool> InsertGuardedAsync(
        RowGuard guard, IReadOnlyList<GuardedRows> tables, GuardedMark? mark = null, CancellationToken cancellation = default)
    {
        try
        {
            return await WriteGuardedAsync(guard, tables, mark, cancellation);
        }
        catch (StorageUnavailableException e) when (e.InnerException is { } cause && IsRefusal(cause))
        {
            throw new NotStorableException(e.Message, cause);
        }
    }

    /// <summary>
    /// Applies the migrations that are missing, all or none, under a lock, so that any number of silos may start at once.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached, is damaged, or is none.</exception>
    public async Task MigrateAsync(CancellationToken cancellation) => await WriteAsync(
        async (connection, transaction) =>
        {
            CommandDefinition Command(string sql, object? parameters = null) =>
                // No timeout: a starter waits for as long as the one before it needs.
                new(sql, parameters, transaction, commandTimeout: 0, cancellationToken: cancellation);

            if (MigrationLock is not null) await connection.ExecuteAsync(Command(MigrationLock));
            await connection.ExecuteAsync(Command(
                "CREATE TABLE IF NOT EXISTS migration (name text NOT NULL PRIMARY KEY, applied_at bigint NOT NULL)"));
            var applied = (await connection.QueryAsync<string>(Command("SELECT name FROM migration"))).ToHashSet();
            var missing = Migration.For(MigrationFolder).Where(migration => !applied.Contains(migration.Name)).ToList();
            foreach (var migration in missing)
            {
                await connection.ExecuteAsync(Command(migration.Sql));
                await connection.ExecuteAsync(Command(
                    "INSERT INTO migration (name, applied_at) VALUES (@Name, @AppliedAt)",
                    new { migration.Name, AppliedAt = StoredTime.Now(TimeProvider.System) }));
            }

            return missing.Count;
        },
        cancellation);

    /// <summary>Null: what is committed survives a crash of the server and of its machine. Otherwise why it does not.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached or failed.</exception>
    public abstract Task<string?> FindDurabilityFaultAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Writes one small row, so that faults are found even without other writes. The result is in <see cref="Health"/>.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    public virtual Task ProbeAsync(CancellationToken cancellation = default) => WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(new(
            """
            INSERT INTO storage_probe (id, written_at) VALUES (1, @now)
            ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at
            """,
            new { now = StoredTime.Now(TimeProvider.System) },
            transaction,
            cancellationToken: cancellation)),
        cancellation);

    /// <summary>Null when the database answers within this time; otherwise why not.</summary>
    public async Task<StorageFault?> CheckWithinAsync(TimeSpan limit, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        try
        {
            // Twice the same limit: a cancelled query waits for the server's consent.
            return await CheckAsync(timeout.Token).WaitAsync(limit, time);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            return new StorageFault("does not answer");
        }
    }

    /// <summary>Null when the database answers; otherwise why not.</summary>
    public async Task<StorageFault?> CheckAsync(CancellationToken cancellation = default)
    {
        try
        {
            await ReadAsync(
                connection => connection.ExecuteScalarAsync<long>(
                    new("SELECT count(*) FROM migration", cancellationToken: cancellation)),
                cancellation);
            return null;
        }
        catch (StorageUnavailableException e)
        {
            return Explain(e.InnerException!);
        }
    }

    public virtual ValueTask DisposeAsync()
    {
        _lists.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private protected static readonly TimeSpan ListTimeout = TimeSpan.FromSeconds(5);

    private protected abstract string MigrationFolder { get; }

    /// <summary><see cref="InsertGuardedAsync"/> without its own exception.</summary>
    private protected virtual Task<bool> WriteGuardedAsync(
        RowGuard guard, IReadOnlyList<GuardedRows> tables, GuardedMark? mark, CancellationToken cancellation) => WriteAsync(
        async (connection, transaction) =>
        {
            var parameters = new DynamicParameters();
            foreach (var (name, value) in guard.Parameters) parameters.Add(name, value);
            var id = await connection.ExecuteScalarAsync<long?>(
                new(guard.Sql, parameters, transaction, cancellationToken: cancellation));
            if (id is null) return false;
            foreach (var table in tables)
                await InsertAsync(connection, transaction, table.Table, table.AllColumns(id.Value), cancellation);
            if (mark is not null) await MarkAsync(connection, transaction, mark, id.Value);
            return true;
        },
        cancellation);

    private static Task<int> MarkAsync(DbConnection connection, DbTransaction transaction, GuardedMark mark, long id) =>
        connection.ExecuteAsync(
            $"UPDATE {mark.Table} SET {mark.Column} = true WHERE {mark.IdColumn} = @id AND {mark.KeyColumn} = @key",
            mark.Keys.Select(key => new { id, key }),
            transaction);

    /// <summary>Takes a lock that is released with the transaction; null where a write transaction is exclusive anyway.</summary>
    private protected abstract string? MigrationLock { get; }

    private protected abstract string Description { get; }

    /// <summary>Runs queries that the database itself breaks off after that time.</summary>
    private protected abstract Task<T> ReadWithinAsync<T>(
        TimeSpan limit, Func<DbConnection, Task<T>> read, CancellationToken cancellation);

    private protected abstract bool IsUniqueViolation(Exception fault);

    /// <summary>The database answered that these values can never be stored: it is not its own state that hinders it.</summary>
    internal abstract bool IsRefusal(Exception fault);

    private protected abstract StorageFault Explain(Exception fault);

    private protected static bool IsFault(Exception e) =>
        e is DbException or IOException or UnauthorizedAccessException or SocketException or TimeoutException;

    /// <summary>The exception for callers. The health takes note of a fault of the database, and logs its cause; values that the
    /// database refuses are logged by who wrote them.</summary>
    private protected Exception Translate(StorageUse use, Exception cause)
    {
        if (IsUniqueViolation(cause)) return new FencedException("Another writer has already written this key.", cause);
        var fault = Explain(cause);
        if (!IsRefusal(cause)) Health.Failed(use, fault, cause);
        var message = $"{Description} {fault.What}.";
        return fault.IsBroken ? new StorageBrokenException(message, cause) : new StorageUnavailableException(message, cause);
    }

    /// <summary>The exception for callers after Orleans' own provider failed on this database. The provider does not go through
    /// this class, so that a missing table would look like a fault that passes.</summary>
    internal StorageUnavailableException TranslateProviderFault(StorageUse use, Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            if (IsFault(cause) && Translate(use, cause) is StorageUnavailableException translated) return translated;
        return new StorageUnavailableException("The storage of the grains failed.", failure);
    }

    private protected static ListRefusedException TookTooLong(Exception cause) =>
        new($"The list took longer than {ListTimeout.TotalSeconds} s: narrow it by time or by a filter.", cause);
}
