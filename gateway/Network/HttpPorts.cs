using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Network;

/// <summary>All ports with connections that are no clients. They share the process's open files: whichever port is flooded, the
/// others answer.</summary>
/// <param name="refused">Called for each connection that is shed or refused, with whether it was on the clients' port.</param>
public sealed class HttpPorts(IOptions<GatewayOptions> options, TrustedProxies proxies, Action<HttpRefusal, bool> refused)
{
    private readonly Lock _lock = new();
    private HttpConnections[] _ports = [];

    /// <summary>The connections of a port.</summary>
    /// <param name="isClientPort">The one that clients connect to; all others are counted as one in the metrics.</param>
    public HttpConnections Add(bool isClientPort)
    {
        var port = new HttpConnections(
            options.Value.HttpConnections, options.Value.HttpConnectionsPerAddress, proxies.IsTrusted, why =>
                refused(why, isClientPort));
        lock (_lock) _ports = [.. _ports, port];
        return port;
    }

    /// <summary>Whether a new connection may stay. When files run out, idle ones have to go for it: two, for what is shed takes a
    /// moment to close, and others come meanwhile.</summary>
    public bool HasRoomFor(Socket accepted)
    {
        if (!OpenFiles.AreExhausted(accepted)) return true;
        var hasShed = ShedOldest();
        ShedOldest();
        return hasShed && !OpenFiles.AreGone(accepted);
    }

    private bool ShedOldest() => Volatile.Read(ref _ports).OrderByDescending(port => port.Count).Any(port => port.ShedOldest());
}
