using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace NotifyHub.Grains.Storage;

/// <summary>Opens the database that a connection string names.</summary>
public static class DatabaseFactory
{
    private static readonly string[] PostgresKeys = ["Host", "Server"];
    private static readonly string[] SqliteKeys = ["Data Source", "DataSource", "Filename"];

    /// <summary>Chooses by the connection string's own keys: <c>Host</c> is PostgreSQL, <c>Data Source</c> is SQLite.</summary>
    /// <exception cref="ArgumentException">Neither, or not a connection string; the message names the setting
    /// <c>NotifyHub:Storage</c>.</exception>
    public static Database Open(string connectionString, ILogger<Database>? logger = null)
    {
        try
        {
            var keys = new DbConnectionStringBuilder { ConnectionString = connectionString };
            return (PostgresKeys.Any(keys.ContainsKey), SqliteKeys.Any(keys.ContainsKey)) switch
            {
                (true, false) => new PostgresDatabase(connectionString, logger),
                (false, true) => new SqliteDatabase(connectionString, logger),
                _ => throw new ArgumentException("it must have either Host=… (PostgreSQL) or Data Source=… (SQLite)."),
            };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or KeyNotFoundException)
        {
            throw new ArgumentException(
                $"The setting {Database.Setting} is not a usable connection string: {e.Message}", nameof(connectionString), e);
        }
    }
}
