using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace NotifyHub.Grains.Storage;

/// <summary>Opens connections with what SQLite does not keep in the file.</summary>
internal sealed class SqliteConnections(string connectionString, SqliteFiles files) : DbDataSource
{
    /// <summary>How long a statement waits for another program's lock.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    // The write-ahead log keeps the size that its longest reader has made it reach, unless it is truncated.
    public const int LogBytes = 4 << 20;

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override DbConnection OpenDbConnection()
    {
        // By the path it would make a new file, or read another one.
        files.Check();
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();

            // Without busy_timeout the provider itself waits for a lock, by sleeping 150 ms at a time.
            command.CommandText =
                $"PRAGMA busy_timeout = {BusyTimeout.TotalMilliseconds}; PRAGMA synchronous = FULL; "
                + $"PRAGMA journal_size_limit = {LogBytes}";
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
