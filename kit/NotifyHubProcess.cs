using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NotifyHub.TestKit;

/// <summary>
/// NotifyHub as its users run it: the built gateway or silo in its own process, with its data in a temporary folder, on ports that the
/// system picks. Its state file says when it serves and where. A test project that uses it names the programs in its assembly metadata,
/// keys <c>GatewayProgram</c> and <c>SiloProgram</c>.
/// </summary>
public sealed partial class NotifyHubProcess : IAsyncDisposable
{
    private const int TerminateSignal = 15;
    private const int ContinueSignal = 18;
    private const int StopSignal = 19;

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
        // Beside the folder: tests look at what is in that.
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
        foreach (var (setting, value) in settings) _settings[setting] = value;
        // The tests' servers do not force their commits to disk (PostgresServer.IsDurable).
        if (_settings["Storage"].StartsWith("Host=", StringComparison.Ordinal)) _settings.TryAdd("AllowDataLoss", "true");
    }

    public int WebSocketPort => _state["websocket_port"];

    public int PushPort => _state["push_port"];

    /// <summary>-1 unless the settings ask for it (<c>MetricsPort</c> 0); so are the next three.</summary>
    public int MetricsPort => _state["metrics_port"];

    public int HealthPort => _state["health_port"];

    public int ConsolePort => _state["console_port"];

    /// <summary>Of a silo.</summary>
    public int DashboardPort => _state["dashboard_port"];

    public int Pid { get; private set; }

    /// <summary>It has been started and has not ended.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary><see cref="Pause"/> was the last that was done to it.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>It was asked to end.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>A file that gets its output as well, with the time before each line.</summary>
    public string? LogFile { get; init; }

    /// <summary>The host of a network of its own that it runs on; null: this machine. To be set before it starts.</summary>
    public NetworkHost? Host { get; set; }

    /// <summary>The limit of open files that it is started with; null: this process's own. To be set before it starts.</summary>
    public int? FileLimit { get; set; }

    /// <summary>Its command line, behind the program. To be set before it starts.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>Where its ports are.</summary>
    public string Address => Host?.Address ?? "127.0.0.1";

    /// <summary>Where it keeps its data; deleted in the end.</summary>
    public string Folder => _folder.FullName;

    /// <summary>All that it has written, of every life.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>The bytes of memory that the system says it occupies.</summary>
    public long ResidentBytes => long.Parse(
        ResidentKilobytes().Match(File.ReadAllText($"/proc/{Pid}/status")).Groups[1].Value, CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts one and waits until it serves.</summary>
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

    /// <summary>A gateway that has yet to be started.</summary>
    public static NotifyHubProcess Gateway(string? logFile, params (string Setting, string Value)[] settings) =>
        new(isSilo: false, settings) { LogFile = logFile };

    /// <summary>A silo of its own that has yet to be started.</summary>
    public static NotifyHubProcess Silo(string? logFile, params (string Setting, string Value)[] settings) =>
        new(isSilo: true, settings) { LogFile = logFile };

    /// <summary>Runs one that is expected to refuse to start; answers its exit code and all that it wrote.</summary>
    /// <param name="prepare">Called with its folder before it starts.</param>
    /// <param name="settings">As for <see cref="StartAsync"/>.</param>
    public static async Task<(int ExitCode, string Output)> RunToItsEndAsync(
        Action<string>? prepare, params (string Setting, string Value)[] settings)
    {
        await using var hub = Gateway(null, settings);
        prepare?.Invoke(hub.Folder);
        return await hub.RunToItsEndAsync();
    }

    /// <summary>Runs it although it is expected to refuse to start; answers its exit code and all that it wrote.</summary>
    public async Task<(int ExitCode, string Output)> RunToItsEndAsync()
    {
        Launch();
        return (await ExitCodeAsync(), Output);
    }

    /// <summary>Starts it (again) on the same data and, when it has had ports before, on the same ports.</summary>
    public async Task StartAgainAsync()
    {
        Launch();
        await Until.TrueAsync(() => _outputEnded || File.Exists(_stateFile), () => $"its output:\n{Output}", "the process serves");
        if (_outputEnded) throw new InvalidOperationException($"NotifyHub ended instead of serving:\n{Output}");
        _state = JsonSerializer.Deserialize<Dictionary<string, int>>(await File.ReadAllTextAsync(_stateFile))!;
        if (_isSilo) return;
        _settings["WebSocketPort"] = $"{WebSocketPort}";
        _settings["PushPort"] = $"{PushPort}";
        _settings["ConsolePort"] = $"{ConsolePort}";
    }

    /// <summary>Ends it as a power failure would.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await ExitCodeAsync();
    }

    /// <summary>Asks it to end; answers its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Terminate();
        return await ExitCodeAsync();
    }

    /// <summary>Asks it to end and waits for nothing.</summary>
    public void Terminate()
    {
        IsEnding = true;
        Signal(TerminateSignal);
    }

    /// <summary>Stops it in the middle of whatever it does, as a machine does that is frozen. Its sockets stay open.</summary>
    public void Pause()
    {
        IsPaused = true;
        Signal(StopSignal);
    }

    /// <summary>Lets it go on after <see cref="Pause"/>.</summary>
    public void Resume()
    {
        IsPaused = false;
        Signal(ContinueSignal);
    }

    /// <summary>Waits until it has ended by itself; answers its exit code.</summary>
    public Task<int> WaitForExitAsync() => ExitCodeAsync();

    /// <summary>A client of its REST interface, not logged in.</summary>
    public RestClient Rest(TimeSpan? limit = null) => new(WebSocketPort, Address, limit);

    /// <summary>A client of its REST interface, logged in as the first administrator.</summary>
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
        // A killed process left it.
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
        // Compiling once more what runs often does not pay in a process that lives for seconds.
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

        // Ends with us, however we end: when our end of the watcher's standard input is closed, it ends the process.
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
            if (LogFile is not null) File.AppendAllText(LogFile, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm:ss.fff} {line ?? "(it ended)"}\n");
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
            // First of all, before the number can be another process's.
            _watcher!.Kill();
            _watcher.Dispose();
        }

        return process.ExitCode;
    }

    private void Signal(int signal)
    {
        if (kill(Pid, signal) != 0) throw new InvalidOperationException($"Process {Pid} cannot be signalled.");
    }

    // A gateway that was published can be named instead of the one that was built.
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
