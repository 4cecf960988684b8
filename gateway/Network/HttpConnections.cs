using System.Net;
using Microsoft.AspNetCore.Connections;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// The connections of one port that are no clients: HTTP, handshakes, and those that have not sent a byte yet. When they are too
/// many, in all or from one address, a new one takes the place of the one that has been idle the longest; it is refused only when
/// all have a request under way. So nobody who holds connections open keeps others out.
/// </summary>
/// <param name="max">In all.</param>
/// <param name="maxPerAddress">From one address, of IPv6 one /64; 0: no limit but <paramref name="max"/>.</param>
/// <param name="isExempt">Addresses without a limit of their own: behind a proxy everybody has the proxy's.</param>
/// <param name="refused">Called for each one that is shed or refused.</param>
public sealed class HttpConnections(int max, int maxPerAddress, Func<IPAddress, bool> isExempt, Action<HttpRefusal> refused)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<HttpConnection> _idle = new();
    private readonly Dictionary<string, Address> _addresses = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Those of a port, as the settings have it.</summary>
    /// <param name="isClientPort">The one that clients connect to; all others are counted as one in the metrics.</param>
    public static HttpConnections Of(GatewayOptions options, TrustedProxies proxies, GatewayMetrics metrics, bool isClientPort) => new(
        options.HttpConnections, options.HttpConnectionsPerAddress, proxies.IsTrusted, why => metrics.Refused((why, isClientPort) switch
        {
            (HttpRefusal.Shed, true) => Refusal.Shed,
            (HttpRefusal.Full, true) => Refusal.HttpFull,
            (HttpRefusal.Shed, false) => Refusal.OtherShed,
            _ => Refusal.OtherFull,
        }));

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Places run out: connections end with their request instead of being kept open for the next.</summary>
    public bool AreScarce => Count > max - (max / 4);

    /// <summary>Takes a connection in, idle. Null: refused.</summary>
    /// <param name="abort">Ends it. Called when a newer one needs its place, also before this method returns to another
    /// caller.</param>
    public HttpConnection? Open(IPAddress peer, Action abort)
    {
        HttpConnection? shed = null;
        HttpConnection? opened = null;
        lock (_lock)
        {
            var key = maxPerAddress == 0 || isExempt(peer)
                ? null
                : ConnectionPlaces.Network((peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer).ToString());
            var address = key is null ? null : _addresses.GetValueOrDefault(key);
            var isAddressFull = address is not null && address.Count >= maxPerAddress;
            if (isAddressFull) shed = address!.Idle.First?.Value;
            else if (_count >= max) shed = _idle.First?.Value;
            if (shed is not null) Remove(shed);
            if (shed is not null || (!isAddressFull && _count < max)) opened = Add(key, abort);
        }

        if (shed is not null) refused(HttpRefusal.Shed);
        else if (opened is null) refused(HttpRefusal.Full);
        shed?.Abort();
        return opened;
    }

    /// <summary>Counts the connections of an endpoint, also those that its transport has counted already.</summary>
    /// <param name="next">What serves them.</param>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<HttpConnection>() is not { } own)
        {
            if (Open((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None, connection.Abort) is not { } opened)
            {
                connection.Abort();
                return;
            }

            connection.Features.Set(own = opened);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            own.Close();
        }
    };

    /// <summary>Ends the connection that has been idle the longest. False: none is idle.</summary>
    public bool ShedOldest()
    {
        HttpConnection? shed;
        lock (_lock)
        {
            shed = _idle.First?.Value;
            if (shed is null) return false;
            Remove(shed);
        }

        refused(HttpRefusal.Shed);
        shed.Abort();
        return true;
    }

    internal void Begin(HttpConnection connection)
    {
        lock (_lock) RemoveIdle(connection);
    }

    internal void End(HttpConnection connection)
    {
        lock (_lock)
        {
            if (connection.IsOpen) AddIdle(connection);
        }
    }

    internal void Close(HttpConnection connection)
    {
        lock (_lock)
        {
            if (connection.IsOpen) Remove(connection);
        }
    }

    private HttpConnection Add(string? key, Action abort)
    {
        // Looked up now: the address may have left with the one that was shed.
        if (key is not null && !_addresses.ContainsKey(key)) _addresses[key] = new Address(key);
        var connection = new HttpConnection(this, key is null ? null : _addresses[key], abort);
        _count++;
        if (connection.Address is { } address) address.Count++;
        AddIdle(connection);
        return connection;
    }

    private void Remove(HttpConnection connection)
    {
        RemoveIdle(connection);
        connection.IsOpen = false;
        _count--;
        if (connection.Address is { } address && --address.Count == 0) _addresses.Remove(address.Key);
    }

    private void AddIdle(HttpConnection connection)
    {
        if (connection.InAll.List is not null) return;
        _idle.AddLast(connection.InAll);
        connection.Address?.Idle.AddLast(connection.InAddress);
    }

    private void RemoveIdle(HttpConnection connection)
    {
        if (connection.InAll.List is null) return;
        _idle.Remove(connection.InAll);
        connection.Address?.Idle.Remove(connection.InAddress);
    }

    internal sealed class Address(string key)
    {
        public string Key { get; } = key;

        public int Count { get; set; }

        public LinkedList<HttpConnection> Idle { get; } = new();
    }
}
