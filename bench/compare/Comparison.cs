using System.Diagnostics;
using NotifyHub.TestKit;

namespace NotifyHub.Bench.Compare;

/// <summary>Runs every load against every server, one after the other.</summary>
internal sealed class Comparison(CompareOptions options) : IAsyncDisposable
{
    private readonly Dictionary<(string Server, string Load), Report> _reports = [];
    private readonly Dictionary<string, Server> _kept = [];
    private string? _group;
    private PostgresServer? _postgres;

    /// <summary>A run failed, or a client did not receive every message once and in order.</summary>
    public bool Failed { get; private set; }

    public string Storage => Configured switch
    {
        { } configured => configured.Contains("Host=", StringComparison.OrdinalIgnoreCase)
            ? "PostgreSQL (NotifyHub__Storage)" : "SQLite (NotifyHub__Storage)",
        _ => $"{(options.Postgres ? "PostgreSQL" : "SQLite")} on {new DriveInfo(Path.GetTempPath()).DriveFormat}",
    };

    private string? Configured => options.Postgres ? null : Environment.GetEnvironmentVariable("NotifyHub__Storage");

    /// <summary>The result of one load; null if it failed or the server does not support it.</summary>
    public Report? Report(string server, Load load) => _reports.GetValueOrDefault((server, load.Name));

    public async Task RunAsync(IEnumerable<Load> loads, CancellationToken cancellation)
    {
        Directory.CreateDirectory(options.Out);
        // All child processes inherit it, also the database; only the generator is moved to other cores.
        if (options.ServerCpus.Length > 0)
            await RunAsync("taskset", ["-apc", options.ServerCpus, $"{Environment.ProcessId}"], cancellation);
        if (options.Postgres)
        {
            _postgres = new PostgresServer { IsDurable = true };
            await _postgres.InitializeAsync();
        }
        foreach (var load in loads)
        {
            if (load.Group != _group) EndKept();
            _group = load.Group;
            foreach (var server in options.Servers)
            {
                if (load.NeedsRest && !Server.IsNotifyHub(server)) continue;
                Console.Error.WriteLine($"== {load.Name}: {server}");
                try
                {
                    await MeasureAsync(server, load, cancellation);
                }
                catch (IOException e)
                {
                    Console.Error.WriteLine(e.Message);
                    Failed = true;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        EndKept();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    private void EndKept()
    {
        foreach (var server in _kept.Values) server.Dispose();
        _kept.Clear();
    }

    private async Task MeasureAsync(string name, Load load, CancellationToken cancellation)
    {
        var file = Path.Combine(options.Out, $"{name}-{load.Name}");
        var server = _kept.GetValueOrDefault(name) ?? await StartAsync(name, load, file + ".log", cancellation);
        try
        {
            if (load.Group is not null) _kept[name] = server;
            File.Delete(file + ".json");
            var code = await RunAsync(
                options.BenchCpus.Length > 0 ? "taskset" : "env",
                [
                    .. options.BenchCpus.Length > 0 ? ["-c", options.BenchCpus] : Array.Empty<string>(),
                    "dotnet", Server.Program("bench", "NotifyHub.Bench"),
                    .. server.GeneratorOptions, .. load.Options, .. options.Generator, "--json", file + ".json",
                ],
                cancellation);
            if (code != 0) Failed = true;
            if (!File.Exists(file + ".json")) throw new IOException($"{name} was not measured; its log: {server.Log}");
            var json = await File.ReadAllTextAsync(file + ".json", cancellation);
            _reports[(name, load.Name)] = NotifyHub.Bench.Report.FromJson(json);
        }
        finally
        {
            if (load.Group is null) server.Dispose();
        }
    }

    private async Task<Server> StartAsync(string name, Load load, string log, CancellationToken cancellation)
    {
        var data = Directory.CreateTempSubdirectory("notifyhub-bench-");
        var storage = Configured ?? (_postgres is not null && Server.IsNotifyHub(name)
            ? await _postgres.CreateDatabaseAsync()
            : $"Data Source={data.FullName}/notifyhub.db");
        return await Server.StartAsync(name, load, storage, data, log, cancellation);
    }

    /// <summary>Runs a program with its output redirected. Returns its exit code.</summary>
    private static async Task<int> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >&2", "sh", program, .. arguments]))!;
        try
        {
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
