using System.Net;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;
using IPNetwork = System.Net.IPNetwork;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// The client address of a request that came through proxies. <c>X-Forwarded-For</c> is trusted only from the
/// networks in <c>TrustedProxies</c>: any client can send that header.
/// </summary>
public sealed partial class TrustedProxies(IOptions<GatewayOptions> options, ILogger<TrustedProxies> logger)
{
    private readonly IPNetwork[] _networks = [.. options.Value.TrustedProxies.Select(text => IpNetworks.Parse(text)!.Value)];
    private int _hasWarned;

    /// <summary>The address that the nearest proxies, all trusted, say the request comes from; the peer's own when it is none of
    /// them.</summary>
    /// <param name="forwardedFor">The header: a list to which each proxy appends whom it had the request from.</param>
    /// <param name="hops">How many entries of the list were believed.</param>
    public IPAddress Client(IPAddress peer, string? forwardedFor, out int hops)
    {
        hops = 0;
        var client = IpAddresses.Plain(peer);
        if (string.IsNullOrEmpty(forwardedFor)) return client;
        if (!IsTrusted(client))
        {
            // Once: any client can send that header, and must not be able to fill the log.
            if (Interlocked.Exchange(ref _hasWarned, 1) == 0) LogNotTrusted(client);
            return client;
        }

        // From the right: to the left of the first entry that no trusted proxy wrote stands whatever the client liked to invent.
        var rest = forwardedFor.AsSpan();
        while (rest.Length > 0 && IsTrusted(client))
        {
            var comma = rest.LastIndexOf(',');
            if (!TryParseEntry(rest[(comma + 1)..].Trim(), out var next)) break;
            client = next;
            hops++;
            rest = comma < 0 ? [] : rest[..comma];
        }

        return client;
    }

    public IPAddress Client(IPAddress peer, string? forwardedFor) => Client(peer, forwardedFor, out _);

    /// <summary>Puts a request's address and scheme right. Before all that looks at them.</summary>
    public Task RestoreAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Connection.RemoteIpAddress is not { } peer) return next(context);
        var headers = context.Request.Headers;
        context.Connection.RemoteIpAddress = Client(peer, headers["X-Forwarded-For"].ToString(), out var hops);
        if (hops == 0) return next(context);
        // The entry that belongs to the last address believed, where proxies append; most have one entry only.
        var schemes = headers["X-Forwarded-Proto"].ToString().Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var scheme = schemes.Length == 0 ? "" : schemes[Math.Max(0, schemes.Length - hops)].ToLowerInvariant();
        if (scheme is "http" or "https") context.Request.Scheme = scheme;
        return next(context);
    }

    /// <summary>The address is a proxy's that the settings name.</summary>
    public bool IsTrusted(IPAddress address)
    {
        address = IpAddresses.Plain(address);
        foreach (var network in _networks)
            if (network.Contains(address)) return true;
        return false;
    }

    /// <summary>An address as proxies write it, some with the port.</summary>
    private static bool TryParseEntry(ReadOnlySpan<char> text, out IPAddress address)
    {
        var isAddress = IPAddress.TryParse(text, out var plain);
        if (isAddress)
        {
            address = IpAddresses.Plain(plain!);
            return true;
        }

        var isEndPoint = IPEndPoint.TryParse(text, out var endPoint);
        address = isEndPoint ? IpAddresses.Plain(endPoint!.Address) : IPAddress.None;
        return isEndPoint;
    }

    [LoggerMessage(1201, LogLevel.Warning,
        "X-Forwarded-For from {Peer} is ignored: it is not in NotifyHub:TrustedProxies. If it is your proxy, set "
        + "NotifyHub:TrustedProxies (environment NotifyHub__TrustedProxies__0) to its address or network: until then the "
        + "limits of logins, requests and clients count all clients behind it as one address. Logged once.")]
    private partial void LogNotTrusted(IPAddress peer);
}
