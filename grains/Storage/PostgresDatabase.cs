using System.Data.Common;
using Npgsql;

namespace NotifyHub.Grains.Storage;

/// <summary>PostgreSQL through one pool a silo.</summary>
internal sealed class PostgresDatabase : Database
{
    // Any constant that no other program on the same database uses: "NotifyHb" in ASCII.
    private const long MigrationLockKey = 0x4E6F746966794862;

    // What an acknowledgement promises, whatever role, database or server say; what is stricter than "on" stays.
    private const string Settings =
        """
        SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on'
            ELSE current_setting('synchronous_commit') END, true)
        """;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresGuardedInsert _guardedInsert;

    public PostgresDatabase(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };

        // A server that vanished must become an error while the publisher still waits for its answer (Orleans gives up after 30 s).
        if (!given.ContainsKey("Timeout")) builder.Timeout = 5;
        if (!given.ContainsKey("Command Timeout")) builder.CommandTimeout = 15;

        // A silo that hangs between its insert and its commit, or whose machine is gone, keeps the rows it wrote locked: whoever takes over the
        // channel would wait for it, for ever. The server ends such a transaction before the silo is found dead.
        if (!given.ContainsKey("Options")) builder.Options = "-c idle_in_transaction_session_timeout=4000";

        // A stock server allows 100 connections, and several silos share them.
        if (!given.ContainsKey("Maximum Pool Size")) builder.MaxPoolSize = Math.Max(20, builder.MinPoolSize);
        if (!given.ContainsKey("Application Name")) builder.ApplicationName = "NotifyHub";
        ConnectionString = builder.ConnectionString;
        // Prepared statements are off for those who say so, as for Npgsql's own.
        _guardedInsert = new PostgresGuardedInsert(prepares: !given.ContainsKey("Max Auto Prepare") || builder.MaxAutoPrepare > 0);
        // Unnamed, its metrics would carry the connection string.
        _source = new NpgsqlDataSourceBuilder(builder.ConnectionString) { Name = "notifyhub" }.Build();
    }

    public override string Invariant => "Npgsql";

    public override string ConnectionString { get; }

    public override DbDataSource DataSource => _source;

    private protected override string MigrationFolder => "Postgres";

    private protected override string? MigrationLock => $"SELECT pg_advisory_xact_lock({MigrationLockKey})";

    private protected override string Description => $"The PostgreSQL database (setting {Setting})";

    public override async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancellation = default)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            return await read(connection);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Broken(e);
        }
    }

    public override async Task<T> WriteAsync<T>(
        Func<DbConnection, DbTransaction, Task<T>> write, CancellationToken cancellation = default)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            var result = await write(connection, transaction);
            cancellation.ThrowIfCancellationRequested();

            // A commit that is cancelled under way would leave the caller without knowing what became of it.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Broken(e);
        }
    }

    public override async Task InsertAsync(
        DbConnection connection,
        DbTransaction transaction,
        string table,
        IReadOnlyList<(string Name, Array Values)> columns,
        CancellationToken cancellation)
    {
        // One array a column: one statement, one round trip, and one plan for any number of rows.
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

    private protected override async Task<bool> WriteGuardedAsync(
        RowGuard guard, IReadOnlyList<GuardedRows> tables, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            return await _guardedInsert.RunAsync(connection, Settings, guard, tables, cancellation);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Broken(e);
        }
    }

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    private protected override bool IsUniqueViolation(Exception fault) =>
        fault is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    // The classes "data exception", "integrity constraint violation" and "program limit exceeded".
    private protected override bool IsRefusal(Exception fault) =>
        fault is PostgresException { SqlState: ['2', '2' or '3', ..] or ['5', '4', ..] };

    private protected override string Explain(Exception fault) => fault switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            "refuses the user name or password",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => "does not exist on the server",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => "has no connection left for us",
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "has no space left",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => "is read-only",
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } => "lacks a table: its migrations were not applied",
        PostgresException { SqlState: ['5', '7', 'P', ..] } => "is starting or shutting down",
        PostgresException postgres => $"failed (SQLSTATE {postgres.SqlState})",
        { InnerException: TimeoutException } or TimeoutException => "did not answer in time",
        _ => "cannot be reached",
    };

    private Exception Broken(Exception fault)
    {
        // One broken connection means a server that went away, and every idle connection in the pool would fail once more, each in
        // the face of a caller, after the server is back.
        if (fault is not PostgresException) _source.Clear();
        return Translate(fault);
    }
}
