using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NotifyHub.TestKit;

/// <summary>
/// NotifyHub as its users run it: the built gateway or silo in its own process, with its data in a temporary folder and on
/// ports that the system assigns. Its state file says when it is ready and on which ports. A test project that uses it names
/// the programs in its assembly metadata, keys <c>GatewayProgram</c> and <c>SiloProgram</c>.
/// </summary>
public sealed partial class NotifyHubProcess : IAsyncDisposable
{
    private const int TerminateSignal = 15;
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;

    // On a busy machine a test and its clients may stand still for longer than the defaults allow a client: the gateway would
    // close their connections. Tests of one of these limits set it.
    private static readonly (string Setting, string Value)[] LimitsForStalledClients =
    [
        ("HandshakeTimeout", "00:05:00"), ("PingInterval", "00:10:00"), ("PushIdle", "00:05:00"), ("PushLineTimeout", "00:05:00"),
        ("SendTimeout", "00:05:00"),
    ];

    private readonly bool _isSilo;
    private readonly Dictionary<string, string> _settings;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-process-");
    private readonly StringBuilder _output = new();
    private readonly string _stateFile;
    private Dictionary<string, int> _state = [];
    private Process? _process;
    private Process? _watcher;
    private bool _outputEnded;

    private NotifyHubProcess(bool isSilo, IEnumerable<(string Setting, string Value)> settings)
    {
        _isSilo = isSilo;
        // Not inside the folder: tests look at the folder's contents.
        _stateFile = $"{_folder.FullName}.json";
        _settings = new(StringComparer.Ordinal)
        {
            ["StateFile"] = _stateFile,
            ["Storage"] = $"Data Source={Path.Combine(_folder.FullName, "notifyhub.db")}",
            ["DataFolder"] = _folder.FullName,
            ["WebSocketPort"] = "0",
            ["PushPort"] = "0",
            ["ConsolePort"] = "-1",
            ["TimeZone"] = "Asia/Taipei",
        };
        // A silo has no clients.
        if (!isSilo) settings = LimitsForStalledClients.Concat(settings);
        foreach (var (setting, value) in settings) _settings[setting] = value;
        // The tests' servers don't sync commits to disk (PostgresServer.IsDurable).
        if (_settings["Storage"].StartsWith("Host=", StringComparison.Ordinal)) _settings.TryAdd("AllowDataLoss", "true");
    }

    public int WebSocketPort => _state["websocket_port"];

    public int PushPort => _state["push_port"];

    /// <summary>-1 unless the settings ask for it (<c>MetricsPort</c> 0); the next three likewise.</summary>
    public int MetricsPort => _state["metrics_port"];

    public int HealthPort => _state["health_port"];

    public int ConsolePort => _state["console_port"];

    /// <summary>Of a silo.</summary>
    public int DashboardPort => _state["dashboard_port"];

    public int Pid { get; private set; }

    /// <summary>It has been started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>It was paused by <see cref="Pause"/> and not resumed since.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>It was asked to stop.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>A file that also receives its output, with a timestamp on each line.</summary>
    public string? LogFile { get; init; }

    /// <summary>The simulated host that it runs on; null: this machine. Set it before the start.</summary>
    public NetworkHost? Host { get; set; }

    /// <summary>The limit of open files that it starts with; null: this process's limit. Set it before the start.</summary>
    public int? FileLimit { get; set; }

    /// <summary>Its command-line arguments. Set them before the start.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>The address of its ports.</summary>
    public string Address => Host?.Address ?? "127.0.0.1";

    /// <summary>Its data folder; deleted when it is disposed of.</summary>
    public string Folder => _folder.FullName;

    /// <summary>All output since its first start.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Its resident memory in bytes, as the system reports it.</summary>
    public long ResidentBytes => long.Parse(
        ResidentKilobytes().Match(File.ReadAllText($"/proc/{Pid}/status")).Groups[1].Value, CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="settings">Settings of the section <c>NotifyHub</c>, such as <c>("PingInterval", "00:00:01")</c>.</param>
    public static async Task<NotifyHubProcess> StartAsync(params (string Setting, string Value)[] settings)
    {
        var hub = Gateway(null, settings);
        try
        {
            await hub.StartAgainAsync();
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates a gateway without starting it.</summary>
    public static NotifyHubProcess Gateway(string? logFile, params (string Setting, string Value)[] settings) =>
        new(isSilo: false, settings) { LogFile = logFile };

    /// <summary>Creates a silo without starting it.</summary>
    public static NotifyHubProcess Silo(string? logFile, params (string Setting, string Value)[] settings) =>
        new(isSilo: true, settings) { LogFile = logFile };

    /// <summary>Runs one that is expected to refuse to start; returns its exit code and its output.</summary>
    /// <param name="prepare">Called with its folder before it starts.</param>
    /// <param name="settings">As for <see cref="StartAsync"/>.</param>
    public static async Task<(int ExitCode, string Output)> RunToItsEndAsync(
        Action<string>? prepare, params (string Setting, string Value)[] settings)
    {
        await using var hub = Gateway(null, settings);
        prepare?.Invoke(hub.Folder);
        return await hub.RunToItsEndAsync();
    }

    /// <summary>Runs it although it is expected to refuse to start; returns its exit code and its output.</summary>
    public async Task<(int ExitCode, string Output)> RunToItsEndAsync()
    {
        Launch();
        return (await ExitCodeAsync(), Output);
    }

    /// <summary>Starts it (again) on the same data and, if it had ports before, on the same ports.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await Until.TrueAsync(
            () => _outputEnded || File.Exists(_stateFile), () => $"its output:\n{Output}", "the process is ready");
        if (_outputEnded) throw new InvalidOperationException($"NotifyHub ended before it was ready:\n{Output}");
        _state = JsonSerializer.Deserialize<Dictionary<string, int>>(await File.ReadAllTextAsync(_stateFile))!;
        if (_isSilo) return;
        _settings["WebSocketPort"] = $"{WebSocketPort}";
        _settings["PushPort"] = $"{PushPort}";
        _settings["ConsolePort"] = $"{ConsolePort}";
    }

    /// <summary>Kills it, as a power failure would.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitCodeAsync();
    }

    /// <summary>Asks it to stop; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Terminate();
        return await ExitCodeAsync();
    }

    /// <summary>Asks it to stop without waiting.</summary>
    public void Terminate()
    {
        IsEnding = true;
        Signal(TerminateSignal);
    }

    /// <summary>Freezes it, as when its machine hangs. Its sockets stay open.</summary>
    public void Pause()
    {
        IsPaused = true;
        Signal(StopSignal);
    }

    /// <summary>Resumes it after <see cref="Pause"/>.</summary>
    public void Resume()
    {
        IsPaused = false;
        Signal(ContinueSignal);
    }

    /// <summary>Waits until it has ended by itself; returns its exit code.</summary>
    public Task<int> WaitForExitAsync() => ExitCodeAsync();

    /// <summary>Returns a REST client that is not logged in.</summary>
    public RestClient Rest(TimeSpan? limit = null) => new(WebSocketPort, Address, limit);

    /// <summary>Returns a REST client that is logged in as the first administrator.</summary>
    public async Task<RestClient> LogInAsync()
    {
        var rest = Rest();
        await rest.LogInAsync("admin@notifyhub.com", "admin123");
        return rest;
    }

    public Task<SocketClient> ConnectAsync(string query = "", bool v1 = false, TimeSpan? limit = null) =>
        SocketClient.ConnectAsync(WebSocketPort, query, v1, Address, limit);

    public Task<PushClient> ConnectPushAsync() => PushClient.ConnectAsync(PushPort, Address);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await KillAsync();
        _folder.Delete(recursive: true);
        File.Delete(_stateFile);
    }

    private void Launch()
    {
        // Left by a killed process.
        File.Delete(_stateFile);
        string[] limit = FileLimit is { } files ? ["sh", "-c", $"ulimit -n {files} && exec \"$@\"", "sh"] : [];
        string[] command = [.. Host?.Exec ?? [], .. limit, "dotnet", Program(), .. Arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        };
        // Recompiling hot code does not pay off in a process that lives for seconds.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "5000";
        foreach (var (setting, value) in _settings)
            start.Environment[IsNotOurs(setting) ? setting : $"NotifyHub__{setting}"] = value;

        _outputEnded = IsPaused = IsEnding = false;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        Pid = _process.Id;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        // Ends the process when this one ends, even if killed: the watcher then reads the end of its standard input.
        _watcher = Process.Start(new ProcessStartInfo("sh", ["-c", $"cat >/dev/null; kill -KILL {Pid} 2>/dev/null"])
        {
            RedirectStandardInput = true,
        });
    }

    private void Take(string? line)
    {
        lock (_output)
        {
            if (line is null) _outputEnded = true;
            else _output.AppendLine(line);
            if (LogFile is not null)
                File.AppendAllText(LogFile, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss.fff} {line ?? "(it ended)"}\n");
        }
    }

    private async Task<int> ExitCodeAsync()
    {
        using var process = _process!;
        try
        {
            // Also waits for the rest of the output.
            await process.WaitForExitAsync().WaitAsync(Until.Limit);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"NotifyHub did not end within {Until.Limit}. Its output:\n{Output}");
        }
        finally
        {
            _process = null;
            // Kill the watcher first: later the process id may belong to another process.
            _watcher!.Kill();
            _watcher.Dispose();
        }

        return process.ExitCode;
    }

    private void Signal(int signal)
    {
        if (kill(Pid, signal) != 0) throw new InvalidOperationException($"Process {Pid} cannot be signalled.");
    }

    // A published gateway can be tested instead of the built one.
    private string Program() =>
        (_isSilo ? null : Environment.GetEnvironmentVariable("NOTIFYHUB_GATEWAY"))
        ?? Assembly.GetEntryAssembly()!.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(entry => entry.Key == (_isSilo ? "SiloProgram" : "GatewayProgram")).Value!;

    private static bool IsNotOurs(string setting) =>
        setting.StartsWith("DOTNET_", StringComparison.Ordinal) || FakeTime.IsSetting(setting) ||
        setting.StartsWith("OTEL_", StringComparison.Ordinal) || setting.StartsWith("Logging__", StringComparison.Ordinal);

    [GeneratedRegex(@"VmRSS:\s+(\d+) kB")]
    private static partial Regex ResidentKilobytes();

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
