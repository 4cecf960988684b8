using System.Data;
using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace NotifyHub.Grains.Storage;

/// <summary>PostgreSQL, directly or behind a pooler.</summary>
internal sealed class PostgresDatabase : Database
{
    // Any constant that no other program on the same database uses: "NotifyHb" in ASCII.
    private const long MigrationLockKey = 0x4E6F746966794862;

    private const int DefaultPoolSize = 20;

    // What every transaction that writes begins with. Settings of the session would not do: a pooler in front of the server gives
    // the session to others between transactions. A silo that hangs between its insert and its commit, or whose machine is gone,
    // keeps the rows it wrote locked: the next owner of the channel would wait for it indefinitely. The server ends such a
    // transaction before the silo is found dead, and before the one that waits gives up. synchronous_commit: role, database or
    // server may say "off"; what is stricter than "on" stays.
    private const string TransactionSettings =
        """
        SELECT set_config('idle_in_transaction_session_timeout', '4s', true), set_config('lock_timeout', '5s', true),
            set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
                ELSE current_setting('synchronous_commit') END, true)
        """;

    private readonly PostgresPools _pools;
    private readonly PostgresGuardedInsert _guardedInsert;

    public PostgresDatabase(string connectionString, ILogger? logger = null)
        : this(Complete(connectionString), Prepares(connectionString), logger)
    {
    }

    private PostgresDatabase(NpgsqlConnectionStringBuilder settings, bool prepares, ILogger? logger)
        : this(settings, new PostgresPools(settings), prepares, logger)
    {
    }

    private PostgresDatabase(NpgsqlConnectionStringBuilder settings, PostgresPools pools, bool prepares, ILogger? logger)
        : base(pools.Small, logger)
    {
        (ConnectionString, _pools) = (settings.ConnectionString, pools);
        _guardedInsert = new PostgresGuardedInsert(prepares, logger ?? NullLogger.Instance);
    }

    public override string Invariant => "Npgsql";

    public override string ConnectionString { get; }

    public override DbDataSource DataSource => _pools.Orleans;

    public override bool IsPostgres => true;

    private protected override string MigrationFolder => "Postgres";

    // The wait lasts as long as another silo's migration.
    private protected override string? MigrationLock =>
        $"SELECT set_config('lock_timeout', '0', true); SELECT pg_advisory_xact_lock({MigrationLockKey})";

    private protected override string Description => $"The PostgreSQL database (setting {Setting})";

    public override Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default) =>
        UseAsync(_pools.Reads, StorageUse.Read, connection => read(connection), cancellation);

    public override Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default) => UseAsync(
        _pools.Commits,
        StorageUse.Commit,
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            // BEGIN goes out with it, in one round trip.
            await connection.ExecuteAsync(new(TransactionSettings, transaction: transaction, cancellationToken: cancellation));
            var result = await write(connection, transaction);
            cancellation.ThrowIfCancellationRequested();

            // A commit that is cancelled while it runs would leave its outcome unknown.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        },
        cancellation);

    public override async Task InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        string table,
        IReadOnlyList<(string Name, Array Values)> columns,
        CancellationToken cancellation)
    {
        // One array per column: one statement, one round trip, and one plan for any number of rows.
        var names = string.Join(", ", columns.Select(column => column.Name));
        var arrays = string.Join(", ", Enumerable.Range(1, columns.Count).Select(number => $"${number}"));
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Names of tables and columns are the program's own.
        command.CommandText = $"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})";
#pragma warning restore CA2100
        foreach (var (_, values) in columns) command.Parameters.Add(new NpgsqlParameter { Value = values });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private protected override Task<bool> WriteGuardedAsync(
        RowGuard guard, IReadOnlyList<GuardedRows> tables, GuardedMark? mark, CancellationToken cancellation) => UseAsync(
        _pools.Commits,
        StorageUse.Commit,
        connection => _guardedInsert.RunAsync(connection, TransactionSettings, guard, tables, mark, cancellation),
        cancellation);

    public override Task<string?> FindDurabilityFaultAsync(CancellationToken cancellation = default) => ReadAsync(
        async connection =>
        {
            var off = await connection.QueryAsync<string>(new CommandDefinition(
                "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name",
                cancellationToken: cancellation));
            var names = string.Join(" and ", off);
            return names.Length == 0 ? null
                : $"the PostgreSQL server runs with {names} off: a crash of its machine loses or damages what was committed";
        },
        cancellation);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _pools.DisposeAsync();
    }

    private protected override async Task<T> ReadWithinAsync<T>(
        TimeSpan limit, Func<DbConnection, Task<T>> read, CancellationToken cancellation)
    {
        try
        {
            return await UseAsync(
                _pools.Lists,
                StorageUse.Read,
                async connection =>
                {
                    await using var transaction = await connection.BeginTransactionAsync(cancellation);
                    await connection.ExecuteAsync(new(
                        "SELECT set_config('statement_timeout', @milliseconds, true)",
                        new { milliseconds = $"{limit.TotalMilliseconds:F0}" },
                        transaction,
                        cancellationToken: cancellation));
                    var result = await read(connection);
                    await transaction.CommitAsync(CancellationToken.None);
                    return result;
                },
                cancellation);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            throw TookTooLong(e);
        }
    }

    private protected override bool IsUniqueViolation(Exception fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    // The classes "data exception", "integrity constraint violation" and "program limit exceeded". A check without a name is a
    // partition that is not there (any more): the values are good, and fit the next time.
    internal override bool IsRefusal(Exception fault) =>
        fault is PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] }
            and not PostgresException { SqlState: PostgresErrorCodes.CheckViolation, ConstraintName: null or "" };

    private protected override StorageFault Explain(Exception fault) => fault switch
    {
        PostgresException postgres => PostgresFaults.Explain(postgres),
        { InnerException: TimeoutException } or TimeoutException => new(
            "did not answer in time", "Look at its load, its locks and the network to it."),
        NpgsqlException { InnerException: null } when IsNoPrimary(fault) => new(
            "has no primary among its servers", "Promote one, or correct the host names in the setting."),
        _ => new("cannot be reached", "Check that it runs and that the network to it is open."),
    };

    /// <summary>Prepared statements are off for those who say so, as for Npgsql's own.</summary>
    private static bool Prepares(string connectionString) =>
        !new DbConnectionStringBuilder { ConnectionString = connectionString }.ContainsKey("Max Auto Prepare")
        || new NpgsqlConnectionStringBuilder(connectionString).MaxAutoPrepare > 0;

    private static NpgsqlConnectionStringBuilder Complete(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };

        // A server that vanished, or a lock, must become an error within 10 s: 7 until the query is given up, 2 for the server
        // to consent.
        if (!given.ContainsKey("Timeout")) settings.Timeout = 5;
        if (!given.ContainsKey("Command Timeout")) settings.CommandTimeout = 7;

        // A stock server allows 100 connections, and several silos share them.
        if (!given.ContainsKey("Maximum Pool Size")) settings.MaxPoolSize = Math.Max(DefaultPoolSize, settings.MinPoolSize);
        if (!given.ContainsKey("Application Name")) settings.ApplicationName = "NotifyHub";

        // All that we set ends with its transaction, so there is nothing to reset; a pooler would reset a session that is
        // another's by then.
        if (!given.ContainsKey("No Reset On Close")) settings.NoResetOnClose = true;
        // After a failover the primary among several servers is looked up again this soon.
        if (!given.ContainsKey("Host Recheck Seconds")) settings.HostRecheckSeconds = 2;
        // A connection that only reads never notices that its server is no longer the primary.
        if (!given.ContainsKey("Connection Lifetime")) settings.ConnectionLifetime = 60;
        return settings;
    }

    private static bool IsNoPrimary(Exception fault) => fault.Message.Contains("No suitable host", StringComparison.Ordinal);

    private async Task<T> UseAsync<T>(
        NpgsqlDataSource source, StorageUse use, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await source.OpenConnectionAsync(cancellation);
            var result = await work(connection);
            Health.Succeeded(use);
            return result;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.QueryCanceled && source == _pools.Lists)
        {
            throw;
        }
        catch (Exception e) when (IsFault(e))
        {
            // One broken connection means a server that went away, or is not the primary any more: every idle connection in the
            // pools would fail one caller each, and those to a former primary would always fail.
            if (PostgresFaults.IsOfTheServer(e, isConnected: connection?.State == ConnectionState.Open)) _pools.Clear();
            throw Translate(use, e);
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync();
        }
    }
}
