using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Grains.Settings;

/// <summary>
/// A connection string without its secrets. The provider's own builder reads it and so knows every synonym of a key (<c>PSW</c>
/// is <c>Password</c>). Only the keys listed here are shown; every other one is masked.
/// </summary>
public static class ShownConnectionString
{
    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        // PostgreSQL
        "Host", "Port", "Database", "Username", "Application Name", "Search Path", "SSL Mode", "Target Session Attributes",
        "Load Balance Hosts", "Timeout", "Command Timeout", "Cancellation Timeout", "Keepalive", "Tcp Keepalive", "Pooling",
        "Minimum Pool Size", "Maximum Pool Size", "Connection Idle Lifetime", "Connection Lifetime", "Max Auto Prepare",
        "Auto Prepare Min Usages", "No Reset On Close", "Multiplexing", "Enlist", "Timezone", "Client Encoding",
        "Check Certificate Revocation", "Channel Binding", "GSS Encryption Mode", "Root Certificate", "Persist Security Info",
        "Include Error Detail", "Host Recheck Seconds",
        // SQLite
        "Data Source", "Mode", "Cache", "Foreign Keys", "Recursive Triggers", "Default Timeout", "Vfs",
    };

    public static string Of(string connectionString)
    {
        try
        {
            var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
            DbConnectionStringBuilder known = given.ContainsKey("Host") || given.ContainsKey("Server")
                ? new NpgsqlConnectionStringBuilder(connectionString)
                : new SqliteConnectionStringBuilder(connectionString);
            // Only what was given: the builder for SQLite lists its defaults as well.
            var shown = new DbConnectionStringBuilder();
            foreach (var key in known.Keys.Cast<string>().Where(key => known.ShouldSerialize(key)))
                shown[key] = Harmless.Contains(key) ? known[key] : SettingsList.Mask;
            return shown.ConnectionString;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException or KeyNotFoundException)
        {
            // It cannot be parsed, so a password in it cannot be found.
            return SettingsList.Mask;
        }
    }
}
