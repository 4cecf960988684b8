using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting;
using NotifyHub.Telemetry;
using EndpointOptions = Orleans.Configuration.EndpointOptions;

namespace NotifyHub.Silo;

/// <summary>
/// The ports of this silo. Orleans opens its own with SO_REUSEPORT: a second silo with the same settings would get them too,
/// join the grid, have
/// the first one declared dead as its older self, and then fail at the health port. So the web server's ports are taken first,
/// held, and
/// handed to it when it starts; Orleans' own are tried. Of two that start at the same moment, the health port lets one through.
/// </summary>
internal sealed class SiloPorts(
    IOptions<SiloOptions> options, IOptions<EndpointOptions> orleans, MetricsEndPoint metrics) : IDisposable
{
    private readonly Dictionary<EndPoint, Socket> _held = [];

    /// <summary>Known once the web server is configured.</summary>
    public ListenOptions? HealthPort { get; set; }

    /// <summary>Null: there is no dashboard.</summary>
    public ListenOptions? DashboardPort { get; set; }

    public static IPEndPoint Health(SiloOptions options) => new(ListenAddress.Any, options.HealthPort);

    /// <summary>Takes all that are fixed.</summary>
    /// <returns>What is wrong, a line each.</returns>
    public IReadOnlyList<string> Hold()
    {
        List<string> faults = [];
        foreach (var port in Web().Where(port => port.EndPoint.Port > 0))
        {
            try
            {
                _held[port.EndPoint] = PortCheck.Listen(port.EndPoint, port.Setting, port.AddressSetting);
            }
            catch (StartFaultException fault)
            {
                faults.Add(fault.Message);
            }
        }

        // Whose health port is taken may not even try the others: that would be in the way of the silo that has it and is
        // starting too.
        if (faults.Count > 0) return faults;
        faults.AddRange(OfOrleans()
            .Select(port => PortCheck.Fault(port.EndPoint, port.Setting, port.AddressSetting)).OfType<string>());
        return faults;
    }

    /// <summary>The addresses that are not this machine's, a line each; ports may be taken.</summary>
    public IEnumerable<string> CheckAddresses() => Web().Concat(OfOrleans())
        .Select(port => PortCheck.Fault(new IPEndPoint(port.EndPoint.Address, 0), port.Setting, port.AddressSetting))
        .OfType<string>().Distinct();

    /// <summary>The socket for the web server: the one that is held, or a new one where the system picks the port.</summary>
    public Socket Take(EndPoint endPoint) =>
        _held.Remove(endPoint, out var socket) ? socket : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);

    /// <summary>The ports as bound, by their names in the state file; -1: not open.</summary>
    public (string Name, int Port)[] Bound() =>
    [
        ("silo_port", options.Value.SiloPort),
        ("gateway_port", options.Value.GatewayPort),
        ("health_port", HealthPort?.IPEndPoint?.Port ?? -1),
        ("metrics_port", metrics.Port),
        ("dashboard_port", DashboardPort?.IPEndPoint?.Port ?? -1),
    ];

    public void Dispose()
    {
        foreach (var socket in _held.Values) socket.Dispose();
        _held.Clear();
    }

    private IEnumerable<Port> Web()
    {
        yield return new(Health(options.Value), nameof(SiloOptions.HealthPort), null);
        if (metrics.Wanted is { } scraped)
            yield return new(scraped, nameof(SiloOptions.MetricsPort), nameof(SiloOptions.MetricsAddress));
        var dashboard = options.Value.DashboardPort;
        if (dashboard >= 0)
            yield return new(new IPEndPoint(IPAddress.Loopback, dashboard), nameof(SiloOptions.DashboardPort), null);
    }

    private IEnumerable<Port> OfOrleans()
    {
        var address = orleans.Value.AdvertisedIPAddress;
        var (silo, gateway) = (options.Value.SiloPort, options.Value.GatewayPort);
        yield return new(new IPEndPoint(address, silo), nameof(SiloOptions.SiloPort), nameof(SiloOptions.AdvertisedAddress));
        yield return new(
            new IPEndPoint(address, gateway), nameof(SiloOptions.GatewayPort), nameof(SiloOptions.AdvertisedAddress));
    }

    private sealed record Port(IPEndPoint EndPoint, string Setting, string? AddressSetting);
}
