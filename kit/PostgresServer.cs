using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Npgsql;
using Xunit;

namespace NotifyHub.TestKit;

/// <summary>
/// A real PostgreSQL server: data and Unix socket in a temporary folder, TCP on 127.0.0.1 at a port that the system assigns.
/// Use it as a class or assembly fixture; tests that stop the server create their own.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string User = "notifyhub";
    private const int KillSignal = 9;
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly string _password;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-postgres-");
    private string _binaries = "";
    private int _port;
    private int _databases;
    private Process? _server;

    public PostgresServer() : this(Convert.ToHexString(RandomNumberGenerator.GetBytes(12)))
    {
    }

    private PostgresServer(string password) => _password = password;

    /// <summary>PostgreSQL refuses to run as root; it then runs as the user that its package creates.</summary>
    private static bool IsRoot => !OperatingSystem.IsWindows() && geteuid() == 0;

    /// <summary>
    /// Whether commits are synced to disk, as in production. Off by default: tests kill processes, never the machine, and what
    /// was written survives that; syncing took most of the tests' time.
    /// </summary>
    public bool IsDurable { get; init; }

    /// <summary>Further settings of the server, such as <c>wal_writer_delay=10s</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>A further address to listen on, with its network, such as <c>198.18.0.1/24</c>. Set before the start.</summary>
    public string? Network { get; set; }

    /// <summary>The id of the server's main process, while it runs.</summary>
    public int Pid => int.Parse(
        File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port => _port;

    private string Data => Path.Combine(_folder.FullName, "data");

    private string KeptData => Path.Combine(_folder.FullName, "kept");

    private string Log => Path.Combine(_folder.FullName, "log");

    public async ValueTask InitializeAsync()
    {
        _binaries = await FindBinariesAsync();
        var passwordFile = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(passwordFile, _password);
        if (IsRoot) await RunAsync("chown", "-R", "postgres:", _folder.FullName);

        await RunAsync([
            .. AsServerUser, Path.Combine(_binaries, "initdb"), "--pgdata", Data, "--username", User, "--pwfile", passwordFile,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        if (Network is not null)
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {Network} scram-sha-256\n");
        _port = FreePorts.One();
        await StartAsync();
    }

    /// <summary>Starts a standby that follows this server. The caller disposes of it.</summary>
    public async Task<PostgresServer> CreateStandbyAsync()
    {
        var standby = new PostgresServer(_password) { IsDurable = IsDurable };
        standby._binaries = _binaries;
        if (IsRoot) await RunAsync("chown", "-R", "postgres:", standby._folder.FullName);
        await RunAsync([
            .. AsServerUser, Path.Combine(_binaries, "pg_basebackup"), "--write-recovery-conf", "--checkpoint", "fast",
            "--no-sync", "--dbname", $"host=127.0.0.1 port={_port} user={User} password={_password}", "--pgdata", standby.Data]);
        standby._port = FreePorts.One();
        await standby.StartAsync();
        return standby;
    }

    /// <summary>Promotes a standby to primary.</summary>
    public Task PromoteAsync() => ExecuteAsync("SELECT pg_promote()");

    /// <summary>Runs SQL as the superuser, in the database <c>postgres</c> or another one.</summary>
    public async Task<object?> ExecuteAsync(string sql, string database = "postgres")
    {
        // Unpooled: a pooled connection may date from before the server was stopped.
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own SQL.
        command.CommandText = sql;
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Creates an empty database; returns its connection string, which stays valid over restarts.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return ConnectionString(name, Addresses[^1]);
    }

    public async Task StartAsync()
    {
        // The server ends when this process ends, even if killed: the shell then reads the end of its standard input.
        string[] command =
        [
            .. AsServerUser, "sh", "-c",
            """log=$1; shift; "$@" >>"$log" 2>&1 & server=$!; cat >/dev/null; kill -INT $server 2>/dev/null; wait $server""",
            "sh", Log, Path.Combine(_binaries, "postgres"), "-D", Data, "-p", $"{_port}", "-k", _folder.FullName,
            "-c", $"listen_addresses={string.Join(',', Addresses)}", "-c", "max_connections=300",
            .. Settings.SelectMany(setting => (string[])["-c", setting]),
            .. IsDurable ? (string[])[] : ["-c", "fsync=off", "-c", "full_page_writes=off"],
        ];
        _server = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            WorkingDirectory = _folder.FullName,
        })!;
        await Until.TrueAsync(AnswersAsync, seen: () => File.Exists(Log) ? File.ReadAllText(Log) : "(no log)");
    }

    /// <summary>Stops the server at once, aborting connections and transactions.</summary>
    public async Task StopAsync()
    {
        if (_server is not { } server) return;
        _server = null;
        server.StandardInput.Close();
        await server.WaitForExitAsync();
        server.Dispose();
    }

    /// <summary>Copies the data for <see cref="PutBackDataAsync"/>. The server must be stopped.</summary>
    public Task KeepDataAsync() => RunAsync("cp", "-a", Data, KeptData);

    /// <summary>
    /// Undoes everything since <see cref="KeepDataAsync"/>, like a restore or a failover to a lagging standby.
    /// The server must be stopped.
    /// </summary>
    public async Task PutBackDataAsync()
    {
        await RunAsync("rm", "-r", Data);
        await RunAsync("cp", "-a", KeptData, Data);
    }

    /// <summary>Kills all its processes at once, as the system does when memory runs out.</summary>
    public async Task KillAsync()
    {
        Freeze();
        foreach (var process in (int[])[Pid, .. Children()]) _ = kill(process, KillSignal);
        await StopAsync();
    }

    /// <summary>
    /// Freezes all its processes, as when a machine hangs: connections stay open and new ones are accepted, but nothing answers.
    /// </summary>
    public void Freeze() => Signal(StopSignal);

    /// <summary>Resumes it after <see cref="Freeze"/>.</summary>
    public void Thaw() => Signal(ContinueSignal);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private void Signal(int signal)
    {
        // The parent first, so that it creates no more children.
        _ = kill(Pid, signal);
        foreach (var child in Children()) _ = kill(child, signal);
    }

    private int[] Children() =>
    [
        .. File.ReadAllText($"/proc/{Pid}/task/{Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(child => int.Parse(child, System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private static string[] AsServerUser => IsRoot ? ["runuser", "-u", "postgres", "--"] : [];

    private string[] Addresses =>
        Network is null ? ["127.0.0.1"] : ["127.0.0.1", Network[..Network.IndexOf('/', StringComparison.Ordinal)]];

    private string ConnectionString(string database, string host = "127.0.0.1") =>
        $"Host={host};Port={_port};Username={User};Password={_password};Database={database}";

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task<string> FindBinariesAsync()
    {
        if (FindBinaries() is { } found) return found;
        const string Install =
            "apt-get update && apt-get install -y --no-install-recommends postgresql-common && " +
            "sed -i 's/^#\\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && " +
            "apt-get install -y --no-install-recommends postgresql";
        if (IsRoot && File.Exists("/usr/bin/apt-get"))
        {
            await Installing.WaitAsync();
            try
            {
                if (FindBinaries() is null) await RunAsync("env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", Install);
            }
            finally
            {
                Installing.Release();
            }
        }

        return FindBinaries() ?? throw new InvalidOperationException(
            $"These tests need PostgreSQL's initdb and postgres. On Debian, as root: {Install}");
    }

    /// <summary>The folder of the newest installed version, or the one on the PATH.</summary>
    private static string? FindBinaries()
    {
        const string Debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(Debian) ? Directory.GetDirectories(Debian) : [];
        return versions
            .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
            .Select(version => Path.Combine(version, "bin"))
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(
                folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{string.Join(' ', command)} ended with {process.ExitCode}: {await output}{await errors}");
    }

    [DllImport("libc")]
    private static extern uint geteuid();

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
