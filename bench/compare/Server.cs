using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NotifyHub.TestKit;

namespace NotifyHub.Bench.Compare;

/// <summary>A server under test: a separate process on its own ports.</summary>
internal sealed class Server : IDisposable
{
    /// <summary>NotifyHub that exports everything: metrics, every trace, the log.</summary>
    public const string Telemetry = "notifyhub-telemetry";

    /// <summary>Only used if named, because it is downloaded with npm.</summary>
    public const string Bun = "bun";

    public static readonly string[] Names = ["floor", "naive", "signalr", "notifyhub"];

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _name;
    private readonly DirectoryInfo _data;
    private readonly Collector? _collector;

    private Server(string name, DirectoryInfo data, string log, Process process, int port, int pushPort, Collector? collector)
    {
        (_name, _data, Log, _process, Port, PushPort, _collector) = (name, data, log, process, port, pushPort, collector);
    }

    public string Log { get; }

    public int Port { get; }

    public int PushPort { get; }

    public int Pid => _process.Id;

    /// <summary>The options of the generator for it.</summary>
    public IReadOnlyList<string> GeneratorOptions =>
    [
        "--url", $"ws://127.0.0.1:{Port}/", "--push", $"127.0.0.1:{PushPort}", "--server-pids", $"{Pid}",
        .. _name == "signalr" ? ["--protocol", "signalr"] : Array.Empty<string>(),
    ];

    /// <param name="storage">The connection string of NotifyHub.</param>
    /// <param name="data">A new folder for NotifyHub, deleted with the server.</param>
    /// <exception cref="IOException">It did not start; the log says why.</exception>
    public static async Task<Server> StartAsync(
        string name, Load load, string storage, DirectoryInfo data, string log, CancellationToken cancellation)
    {
        int port = FreePorts.One(), pushPort = FreePorts.One();
        string[] ports = ["--port", $"{port}", "--push-port", $"{pushPort}", .. Backlog(name, load)];
        string[] command = name switch
        {
            Bun => ["bench/peers/bun/node_modules/.bin/bun", "bench/peers/bun/server.js", .. ports],
            _ when IsNotifyHub(name) => ["dotnet", Program("gateway", "NotifyHub.Gateway")],
            _ => ["dotnet", Program("bench/peers", "NotifyHub.Bench.Peers"), name, .. ports],
        };
        var start = new ProcessStartInfo("sh", ["-c", """log=$1; shift; exec "$@" >"$log" 2>&1""", "sh", log, .. command]);
        var collector = name == Telemetry ? new Collector() : null;
        foreach (var (variable, value) in collector?.Environment ?? []) start.Environment[variable] = value;
        if (IsNotifyHub(name))
        {
            start.Environment["NotifyHub__WebSocketPort"] = $"{port}";
            start.Environment["NotifyHub__ConsolePort"] = "-1";
            start.Environment["NotifyHub__PushPort"] = $"{pushPort}";
            start.Environment["NotifyHub__Address"] = "127.0.0.1";
            start.Environment["NotifyHub__DataFolder"] = data.FullName;
            start.Environment["NotifyHub__Storage"] = storage;
            start.Environment["NotifyHub__BacklogBytes"] = $"{load.BacklogBytes}";
            // All clients have one address here; the other servers have no such limit.
            start.Environment["NotifyHub__ClientConnectsPerSecond"] = "0";
        }
        var server = new Server(name, data, log, Process.Start(start)!, port, pushPort, collector);
        try
        {
            await server.WaitAsync(cancellation);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Its state is not needed any more, so it is killed.
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _collector?.Dispose();
        _data.Delete(recursive: true);
    }

    public static bool IsNotifyHub(string name) => name is "notifyhub" or Telemetry;

    /// <summary>A program of this checkout, built by <c>scripts/bench-compare</c>.</summary>
    public static string Program(string folder, string name) => Path.GetFullPath($"{folder}/bin/Release/net10.0/{name}.dll");

    private static string[] Backlog(string name, Load load) => name switch
    {
        "floor" or Bun => ["--backlog", $"{load.BacklogBytes}"],
        // Its limit counts messages.
        "naive" => ["--queue", $"{load.BacklogBytes / BenchOptions.Parse(load.Options).Size}"],
        _ => [],
    };

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var started = Stopwatch.StartNew();
        while (!await AnswersAsync(Port, cancellation) || !await AnswersAsync(PushPort, cancellation))
        {
            if (_process.HasExited || started.Elapsed > StartTimeout) throw new IOException($"{_name} did not start: see {Log}");
            await Task.Delay(50, cancellation);
        }
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
