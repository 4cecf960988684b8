using Npgsql;

namespace NotifyHub.Grains.Storage;

/// <summary>What PostgreSQL's error codes mean to an operator, and to the pools.</summary>
internal static class PostgresFaults
{
    public static StorageFault Explain(PostgresException fault) => fault.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new(
            "refuses the user name or password", "Correct the setting.", Passes: false),
        PostgresErrorCodes.InvalidCatalogName => new(
            "does not exist on the server", "Create it, or correct the setting.", Passes: false),
        PostgresErrorCodes.TooManyConnections => new(
            "has no connection left", "Raise max_connections, or lower Maximum Pool Size."),
        PostgresErrorCodes.DiskFull => new("has no space left", "Free space on the server's disk.", Passes: false),
        PostgresErrorCodes.OutOfMemory => new("has no memory left", "Look at the server's memory."),
        PostgresErrorCodes.ReadOnlySqlTransaction => new(
            "is read-only", "It is a standby, or was set so: name the primary in the setting.", Passes: false),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName => new(
            "lacks a table or a column that NotifyHub needs",
            "Restore what was renamed or dropped; the log names it.", Passes: false, IsBroken: true),
        PostgresErrorCodes.InsufficientPrivilege => new(
            "denies its user a right", "Grant its user the rights on its tables.", Passes: false, IsBroken: true),
        PostgresErrorCodes.LockNotAvailable => new(
            "is locked by another session", "Find who holds the lock (pg_stat_activity, pg_locks)."),
        PostgresErrorCodes.QueryCanceled => new("did not answer in time", "Look at its load and its locks."),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new(
            "is damaged", "Look at the server's log, and restore a backup.", Passes: false, IsBroken: true),
        PostgresErrorCodes.IoError => new(
            "cannot read or write its disk", "Look at the server's log and its disk.", Passes: false),
        ['5', '7', 'P', ..] => new("is starting or shutting down"),
        _ => new($"failed (SQLSTATE {fault.SqlState})", "Look at the silo's log."),
    };

    /// <summary>
    /// Not about the statement but about the server or the way to it: other connections to it are of no more use.
    /// </summary>
    /// <param name="fault">What happened.</param>
    /// <param name="isConnected">Whether the connection has outlived it: then one statement took too long.</param>
    public static bool IsOfTheServer(Exception fault, bool isConnected) => fault switch
    {
        // It was the primary, and is not any more.
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        // Shutting down, crashed, starting, recovering; a pooler that lost its server says 08.
        PostgresException { SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] } => true,
        PostgresException => false,
        // All connections are in use, which says nothing about the server.
        NpgsqlException when fault.Message.Contains("pool has been exhausted", StringComparison.Ordinal) => false,
        _ => !isConnected,
    };
}
