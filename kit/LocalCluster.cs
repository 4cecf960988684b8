using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Xunit;

namespace NotifyHub.TestKit;

/// <summary>
/// A grid of processes on this machine: a PostgreSQL server, silos and gateways, each of which can be killed, paused, stopped and started again.
/// Use it as a fixture, or make one for a test alone.
/// </summary>
public sealed class LocalCluster : IAsyncLifetime
{
    // Below the ports that the system gives to outgoing connections: none of those can take a silo's port while it is away.
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;

    // Of all clusters of this process. Other processes that test begin elsewhere.
    private static readonly Lock Ports = new();
    private static int _nextPort = FirstPort + (Environment.ProcessId * 500 % (LastPort - FirstPort));
    private static int _clusters;

    private readonly string _password = RandomNumberGenerator.GetHexString(24);
    private readonly string _jwtKey = RandomNumberGenerator.GetHexString(64);
    private readonly List<NotifyHubProcess> _silos = [];
    private readonly List<NotifyHubProcess> _gateways = [];
    private readonly List<string> _siloAddresses = [];
    private readonly Queue<NotifyHubProcess> _spares = new();
    private string _storage = "";
    private Network? _network;

    /// <summary>Silos to begin with.</summary>
    public int SiloCount { get; init; } = 2;

    /// <summary>Gateways to begin with.</summary>
    public int GatewayCount { get; init; } = 2;

    /// <summary>Settings that all processes have beside their own.</summary>
    public IReadOnlyList<(string Setting, string Value)> Settings { get; init; } = [];

    /// <summary>Settings that the first silo has beside them.</summary>
    public IReadOnlyList<(string Setting, string Value)> FirstSiloSettings { get; init; } = [];

    /// <summary>Silos that gateways are told of from the beginning although they come later (<see cref="AddSiloAsync"/>), as a name would.</summary>
    public int SpareSilos { get; init; }

    /// <summary>Every process has a host of its own, and the connections between them can be cut.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>The hosts of the processes, with <see cref="HasNetwork"/>.</summary>
    public Network Network => _network ?? throw new InvalidOperationException("The cluster has no network of its own.");

    public PostgresServer Database { get; init; } = new();

    public IReadOnlyList<NotifyHubProcess> Silos => _silos;

    public IReadOnlyList<NotifyHubProcess> Gateways => _gateways;

    /// <summary>Where gateways reach the silos, <c>host:port</c> each, the spare ones included.</summary>
    public IReadOnlyList<string> SiloAddresses => _siloAddresses;

    /// <summary>The connection string of the silos.</summary>
    public string Storage => _storage;

    /// <summary>The logs of all processes; they stay when the tests have ended.</summary>
    public string Logs { get; } = Directory.CreateDirectory(
        Path.Combine(AppContext.BaseDirectory, "logs", $"{DateTime.UtcNow:yyyyMMdd-HHmmss-fff}-{Interlocked.Increment(ref _clusters)}")).FullName;

    public string AdministratorPassword => _password;

    /// <summary>The silo that the public channel lives on now: the last one that a gateway registered at.</summary>
    public NotifyHubProcess ChannelSilo => _silos.Where(silo => silo.IsRunning)
        .MaxBy(silo => File.ReadLines(silo.LogFile!).LastOrDefault(line => line.Contains("follows channel all", StringComparison.Ordinal)) ?? "")!;

    public async ValueTask InitializeAsync()
    {
        if (HasNetwork) Database.Network = (_network = await Network.CreateAsync()).Range;
        await Database.InitializeAsync();
        _storage = await Database.CreateDatabaseAsync();
        for (var i = 0; i < SiloCount; i++) _silos.Add(await NewSiloAsync());
        for (var i = 0; i < SpareSilos; i++) _spares.Enqueue(await NewSiloAsync());
        for (var i = 0; i < GatewayCount; i++) _gateways.Add(await NewGatewayAsync());
        // All at once: nobody must depend on an order.
        await Task.WhenAll(_silos.Concat(_gateways).Select(process => process.StartAgainAsync()));
    }

    /// <summary>One more gateway, started.</summary>
    public async Task<NotifyHubProcess> AddGatewayAsync(params (string Setting, string Value)[] settings)
    {
        var gateway = await NewGatewayAsync(settings);
        await gateway.StartAgainAsync();
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>One of the spare silos, started.</summary>
    public async Task<NotifyHubProcess> AddSiloAsync()
    {
        var silo = _spares.Dequeue();
        await silo.StartAgainAsync();
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Starts again what has ended, and the database if it was stopped, and waits until all of it serves.</summary>
    public async Task HealAsync()
    {
        // Left so by a test that failed: it would never serve again.
        foreach (var process in _silos.Concat(_gateways).Where(process => process.IsRunning && (process.IsPaused || process.IsEnding)))
            await process.KillAsync();
        await Task.WhenAll(_silos.Concat(_gateways).Where(process => !process.IsRunning).Select(process => process.StartAgainAsync()));
        foreach (var gateway in _gateways) await ReadyAsync(gateway);
        foreach (var gateway in _gateways) await CompleteAsync(gateway);
    }

    /// <summary>Waits until the gateway is ready and the grid behind it works.</summary>
    public static async Task ReadyAsync(NotifyHubProcess gateway)
    {
        using var rest = gateway.Rest();
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/health/ready?deep=1")).Status == HttpStatusCode.OK,
            () => answer?.Body ?? "no answer", "the gateway is ready");
    }

    /// <summary>Waits until the gateway sees all that run and no others. Silos that have only just died, or come back, still cost a call here
    /// and there a try when the gateway is ready already.</summary>
    private async Task CompleteAsync(NotifyHubProcess gateway)
    {
        using var rest = gateway.Rest();
        int[] running = [.. _silos.Concat(_gateways).Select(process => process.Pid).Order()];
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/api/system/websocket/status")).Status == HttpStatusCode.OK
                && answer.Data.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32()).Order().SequenceEqual(running),
            () => answer?.Body ?? "no answer", "the gateway sees all processes");
    }

    /// <summary>A client of this gateway's REST interface, logged in as the administrator.</summary>
    public async Task<RestClient> LogInAsync(NotifyHubProcess gateway, TimeSpan? limit = null)
    {
        var rest = gateway.Rest(limit);
        await rest.LogInAsync("admin@notifyhub.com", _password);
        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _gateways.Concat(_silos).Concat(_spares)) await process.DisposeAsync();
        await Database.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
    }

    private async Task<NotifyHubProcess> NewSiloAsync()
    {
        var ports = FreePorts(3);
        var host = _network is null ? null : await _network.AddHostAsync();
        _siloAddresses.Add($"{host?.Address ?? "localhost"}:{ports[1]}");
        var silo = NotifyHubProcess.Silo(
            Path.Combine(Logs, $"silo-{_siloAddresses.Count}.log"),
            [
                ("Storage", _storage),
                ("AdministratorPassword", _password),
                ("AdvertisedAddress", host?.Address ?? "127.0.0.1"),
                ("SiloPort", $"{ports[0]}"),
                ("GatewayPort", $"{ports[1]}"),
                ("HealthPort", $"{ports[2]}"),
                .. Settings,
                .. _siloAddresses.Count == 1 ? FirstSiloSettings : [],
            ]);
        silo.Host = host;
        return silo;
    }

    private async Task<NotifyHubProcess> NewGatewayAsync(params (string Setting, string Value)[] settings)
    {
        var ports = FreePorts(2);
        var gateway = NotifyHubProcess.Gateway(
            Path.Combine(Logs, $"gateway-{_gateways.Count + 1}.log"),
            [
                ("Mode", "Cluster"),
                ("JwtKey", _jwtKey),
                ("WebSocketPort", $"{ports[0]}"),
                ("PushPort", $"{ports[1]}"),
                .. _siloAddresses.Select((address, index) => ($"Silos__{index}", address)),
                .. Settings,
                .. settings,
            ]);
        gateway.Host = _network is null ? null : await _network.AddHostAsync();
        return gateway;
    }

    /// <summary>Ports that nobody listens on now.</summary>
    private static int[] FreePorts(int count)
    {
        List<int> ports = [];
        while (ports.Count < count)
        {
            int port;
            lock (Ports) port = _nextPort = _nextPort < LastPort ? _nextPort + 1 : FirstPort;
            try
            {
                using var listener = new TcpListener(IPAddress.IPv6Any, port);
                listener.Server.DualMode = true;
                listener.Start();
                ports.Add(port);
            }
            catch (SocketException)
            {
                // In use: the next one.
            }
        }

        return [.. ports];
    }
}
