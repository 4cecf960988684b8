using System.Diagnostics;
using Npgsql;

namespace NotifyHub.TestKit;

/// <summary>A real PgBouncer in front of a server, on 127.0.0.1 at a port that the system assigns.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const string Install = "apt-get install -y --no-install-recommends pgbouncer";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-pgbouncer-");
    private Process? _process;

    private PgBouncer()
    {
    }

    /// <summary>The connection string of the database through the pooler.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <param name="mode">session or transaction.</param>
    /// <param name="storage">A connection string of the server.</param>
    /// <param name="servers">How many connections to the server it may open.</param>
    public static async Task<PgBouncer> StartAsync(string mode, string storage, int servers = 10)
    {
        var pooler = new PgBouncer();
        try
        {
            await pooler.RunAsync(mode, new NpgsqlConnectionStringBuilder(storage), servers);
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task RunAsync(string mode, NpgsqlConnectionStringBuilder server, int servers)
    {
        var port = FreePorts.One();
        string In(string name) => Path.Combine(_folder.FullName, name);
        var (settings, users, log) = (In("pgbouncer.ini"), In("users"), In("log"));
        await File.WriteAllTextAsync(users, $"\"{server.Username}\" \"{server.Password}\"\n");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            {server.Database} = host={server.Host} port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = {mode}
            default_pool_size = {servers}
            max_client_conn = 200

            """);
        var program = Array.Find(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"], File.Exists)
            ?? throw new InvalidOperationException($"These tests need PgBouncer. On Debian, as root: {Install}");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        // PgBouncer refuses to run as root. It ends when this process ends, even if that is killed.
        string[] command =
        [
            .. Environment.UserName == "root" ? (string[])["runuser", "-u", "postgres", "--"] : [],
            "sh", "-c", """ "$1" "$2" & pooler=$!; cat >/dev/null; kill $pooler 2>/dev/null; wait $pooler""",
            "sh", program, settings,
        ];
        _process = Process.Start(
            new ProcessStartInfo("sh", ["-c", """log=$1; shift; exec "$@" 2>"$log" """, "sh", log, .. command])
            {
                RedirectStandardInput = true,
            })!;
        server.Host = "127.0.0.1";
        server.Port = port;
        ConnectionString = server.ConnectionString;
        await Until.TrueAsync(AnswersAsync, seen: () => File.Exists(log) ? File.ReadAllText(log) : "(no log)");
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
