using System.Globalization;
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

    private readonly string _password = RandomNumberGenerator.GetHexString(24);
    private readonly string _jwtKey = RandomNumberGenerator.GetHexString(64);
    private readonly List<NotifyHubProcess> _silos = [];
    private readonly List<NotifyHubProcess> _gateways = [];
    private readonly List<string> _siloAddresses = [];
    private string _storage = "";

    /// <summary>Silos to begin with.</summary>
    public int SiloCount { get; init; } = 2;

    /// <summary>Gateways to begin with.</summary>
    public int GatewayCount { get; init; } = 2;

    /// <summary>Settings that all processes have beside their own.</summary>
    public IReadOnlyList<(string Setting, string Value)> Settings { get; init; } = [];

    public PostgresServer Database { get; } = new();

    public IReadOnlyList<NotifyHubProcess> Silos => _silos;

    public IReadOnlyList<NotifyHubProcess> Gateways => _gateways;

    /// <summary>The logs of all processes; they stay when the tests have ended.</summary>
    public string Logs { get; } = Directory.CreateDirectory(
        Path.Combine(AppContext.BaseDirectory, "logs", DateTime.UtcNow.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture))).FullName;

    public string AdministratorPassword => _password;

    /// <summary>The silo that the public channel lives on now: the last one that a gateway registered at.</summary>
    public NotifyHubProcess ChannelSilo => _silos.Where(silo => silo.IsRunning)
        .MaxBy(silo => File.ReadLines(silo.LogFile!).LastOrDefault(line => line.Contains("follows channel all", StringComparison.Ordinal)) ?? "")!;

    public async ValueTask InitializeAsync()
    {
        await Database.InitializeAsync();
        _storage = await Database.CreateDatabaseAsync();
        var ports = FreePorts(3 * SiloCount + 2 * GatewayCount);
        for (var i = 0; i < SiloCount; i++) _silos.Add(NewSilo(ports.AsSpan(3 * i)));
        for (var i = 0; i < GatewayCount; i++) _gateways.Add(NewGateway(ports.AsSpan(3 * SiloCount + 2 * i)));
        // All at once: nobody must depend on an order.
        await Task.WhenAll(_silos.Concat(_gateways).Select(process => process.StartAgainAsync()));
    }

    /// <summary>One more gateway, started.</summary>
    public async Task<NotifyHubProcess> AddGatewayAsync(params (string Setting, string Value)[] settings)
    {
        var gateway = NewGateway(FreePorts(2), settings);
        _gateways.Add(gateway);
        await gateway.StartAgainAsync();
        return gateway;
    }

    /// <summary>Starts again what has ended, and the database if it was stopped, and waits until all of it serves.</summary>
    public async Task HealAsync()
    {
        await Task.WhenAll(_silos.Concat(_gateways).Where(process => !process.IsRunning).Select(process => process.StartAgainAsync()));
        foreach (var gateway in _gateways) await ReadyAsync(gateway);
    }

    /// <summary>Waits until the gateway's readiness probe says yes.</summary>
    public static async Task ReadyAsync(NotifyHubProcess gateway)
    {
        using var rest = gateway.Rest();
        RestAnswer? answer = null;
        await Until.TrueAsync(
            async () => (answer = await rest.GetAsync("/health/ready")).Status == HttpStatusCode.OK,
            () => answer?.Body ?? "no answer", TimeSpan.FromSeconds(60), "the gateway is ready");
    }

    /// <summary>A client of this gateway's REST interface, logged in as the administrator.</summary>
    public async Task<RestClient> LogInAsync(NotifyHubProcess gateway)
    {
        var rest = gateway.Rest();
        await rest.LogInAsync("admin@notifyhub.com", _password);
        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _gateways.Concat(_silos)) await process.DisposeAsync();
        await Database.DisposeAsync();
    }

    private NotifyHubProcess NewSilo(ReadOnlySpan<int> ports)
    {
        _siloAddresses.Add($"localhost:{ports[1]}");
        return NotifyHubProcess.Silo(
            Path.Combine(Logs, $"silo-{_silos.Count + 1}.log"),
            [
                ("Storage", _storage),
                ("AdministratorPassword", _password),
                ("AdvertisedAddress", "127.0.0.1"),
                ("SiloPort", $"{ports[0]}"),
                ("GatewayPort", $"{ports[1]}"),
                ("HealthPort", $"{ports[2]}"),
                .. Settings,
            ]);
    }

    private NotifyHubProcess NewGateway(ReadOnlySpan<int> ports, params (string Setting, string Value)[] settings) => NotifyHubProcess.Gateway(
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

    /// <summary>Ports that nobody listens on now.</summary>
    private static int[] FreePorts(int count)
    {
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(FirstPort, LastPort);
            try
            {
                using var listener = new TcpListener(IPAddress.IPv6Any, port);
                listener.Server.DualMode = true;
                listener.Start();
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Taken; another one, then.
            }
        }

        return [.. ports];
    }
}
