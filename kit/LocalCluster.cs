using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xunit;

namespace NotifyHub.TestKit;

/// <summary>
/// A cluster of processes on this machine: a PostgreSQL server, silos and gateways. Each can be killed, paused, stopped and
/// started again. Use it as a fixture, or create one for a single test.
/// </summary>
public sealed partial class LocalCluster : IAsyncLifetime
{
    // Below the ephemeral port range, so that no outgoing connection takes a silo's port while the silo is down.
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;

    // Shared by all clusters of this process. Other test processes begin at another port.
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

    /// <summary>How many silos start at first.</summary>
    public int SiloCount { get; init; } = 2;

    /// <summary>How many gateways start at first.</summary>
    public int GatewayCount { get; init; } = 2;

    /// <summary>Settings of all processes, in addition to their own.</summary>
    public IReadOnlyList<(string Setting, string Value)> Settings { get; init; } = [];

    /// <summary>Additional settings of the first silo.</summary>
    public IReadOnlyList<(string Setting, string Value)> FirstSiloSettings { get; init; } = [];

    /// <summary>Silos whose addresses gateways know from the start and that <see cref="AddSiloAsync"/> starts later.</summary>
    public int SpareSilos { get; init; }

    /// <summary>Every process runs on a host of its own, and the connections between hosts can be cut.</summary>
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

    /// <summary>The logs of all processes; they are kept after the tests.</summary>
    public string Logs { get; } = Directory.CreateDirectory(
        Path.Combine(
            AppContext.BaseDirectory, "logs",
            $"{DateTime.UtcNow:yyyyMMdd-HHmmss-fff}-{Interlocked.Increment(ref _clusters)}")).FullName;

    public string AdministratorPassword => _password;

    public async ValueTask InitializeAsync()
    {
        if (HasNetwork) Database.Network = (_network = await Network.CreateAsync()).Range;
        await Database.InitializeAsync();
        _storage = await Database.CreateDatabaseAsync();
        for (var i = 0; i < SiloCount; i++) _silos.Add(await NewSiloAsync());
        for (var i = 0; i < SpareSilos; i++) _spares.Enqueue(await NewSiloAsync());
        for (var i = 0; i < GatewayCount; i++) _gateways.Add(await NewGatewayAsync());
        // All at once: nothing may depend on an order.
        await Task.WhenAll(_silos.Concat(_gateways).Select(process => process.StartAgainAsync()));
    }

    /// <summary>Adds and starts a gateway.</summary>
    public async Task<NotifyHubProcess> AddGatewayAsync(params (string Setting, string Value)[] settings)
    {
        var gateway = await NewGatewayAsync(settings);
        await gateway.StartAgainAsync();
        _gateways.Add(gateway);
        return gateway;
    }

    /// <summary>Starts one of the spare silos.</summary>
    public async Task<NotifyHubProcess> AddSiloAsync()
    {
        var silo = _spares.Dequeue();
        await silo.StartAgainAsync();
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Restarts what has ended, also the database, and waits until everything is ready.</summary>
    public async Task HealAsync()
    {
        // Paused or half stopped by a test that failed: such a process would never become ready.
        foreach (var process in _silos.Concat(_gateways)
            .Where(process => process.IsRunning && (process.IsPaused || process.IsEnding)))
            await process.KillAsync();
        await Task.WhenAll(
            _silos.Concat(_gateways).Where(process => !process.IsRunning).Select(process => process.StartAgainAsync()));
        foreach (var gateway in _gateways) await ReadyAsync(gateway);
        foreach (var gateway in _gateways) await CompleteAsync(gateway);
    }

    /// <summary>Waits until the gateway is ready and the cluster behind it works.</summary>
    public static async Task ReadyAsync(NotifyHubProcess gateway)
    {
        using var rest = gateway.Rest();
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/health/ready?deep=1")).Status == HttpStatusCode.OK,
            () => answer?.Body ?? "no answer", "the gateway is ready");
    }

    /// <summary>
    /// Waits until the gateway sees exactly the running processes. Just after a silo died or came back, single calls may still
    /// fail although the gateway is ready, so they are retried.
    /// </summary>
    private async Task CompleteAsync(NotifyHubProcess gateway)
    {
        using var rest = gateway.Rest();
        int[] running = [.. _silos.Concat(_gateways).Select(process => process.Pid).Order()];
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/api/system/websocket/status")).Status == HttpStatusCode.OK
                && answer.Data.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("pid").GetInt32()).Order()
                    .SequenceEqual(running),
            () => answer?.Body ?? "no answer", "the gateway sees all processes");
    }

    /// <summary>Returns a REST client of this gateway, logged in as the administrator.</summary>
    public async Task<RestClient> LogInAsync(NotifyHubProcess gateway, TimeSpan? limit = null)
    {
        var rest = gateway.Rest(limit);
        await rest.LogInAsync("admin@notifyhub.com", _password);
        return rest;
    }

    /// <summary>
    /// Returns the silo that hosts the public channel now, by the metrics of the silos: only that one commits. Something must be
    /// publishing meanwhile.
    /// </summary>
    public async Task<NotifyHubProcess> ChannelSiloAsync()
    {
        var before = await CommitsAsync();
        NotifyHubProcess? channelSilo = null;
        await Until.TrueAsync(
            async () =>
            {
                var now = await CommitsAsync();
                channelSilo = now.Keys.FirstOrDefault(silo => now[silo] > before.GetValueOrDefault(silo));
                before = now;
                return channelSilo is not null;
            },
            what: "a silo commits");
        return channelSilo!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _gateways.Concat(_silos).Concat(_spares)) await process.DisposeAsync();
        await Database.DisposeAsync();
        if (_network is not null) await _network.DisposeAsync();
    }

    /// <summary>How many commits each running silo has made since its start.</summary>
    private async Task<Dictionary<NotifyHubProcess, long>> CommitsAsync()
    {
        var commits = new Dictionary<NotifyHubProcess, long>();
        foreach (var silo in _silos.Where(silo => silo is { IsRunning: true, IsPaused: false }))
        {
            using var http = new HttpClient { Timeout = Until.Limit };
            var page = await http.GetStringAsync($"http://{silo.Address}:{silo.MetricsPort}/metrics");
            // Absent before the first commit.
            var count = Commits().Match(page).Groups[1].Value;
            commits[silo] = count.Length == 0 ? 0 : long.Parse(count, CultureInfo.InvariantCulture);
        }

        return commits;
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
                ("MetricsPort", "0"),
                ("MetricsAddress", host?.Address ?? "127.0.0.1"),
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

    /// <summary>Ports that nothing listens on now.</summary>
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
                // In use: try the next one.
            }
        }

        return [.. ports];
    }

    [GeneratedRegex(@"^notifyhub_commit_size_count(?:\{.*\})? ([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex Commits();
}
