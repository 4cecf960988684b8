using System.Net;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Access;

/// <summary>Whether a request was made on the gateway's own machine.</summary>
internal static class ThisMachine
{
    // Proxies add to these. A forged one can only make the caller look farther away, never local.
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Real-IP", "Forwarded"];

    /// <summary>
    /// The peer is loopback, behind trusted proxies the address they name, and nothing says that the request came from
    /// elsewhere: a proxy on this
    /// machine that is not in <c>TrustedProxies</c> is a loopback peer for everybody.
    /// </summary>
    public static bool Is(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IsLoopback(address)
        && ProxyHeaders.All(header => context.Request.Headers[header].All(value => IsOfLoopback(value ?? "")));

    // Forwarded has parameters (for=192.0.2.1;proto=https): it is never taken for loopback.
    private static bool IsOfLoopback(string list) => list
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .All(entry => (IPAddress.TryParse(entry, out var address) && IsLoopback(address))
            || (IPEndPoint.TryParse(entry, out var endPoint) && IsLoopback(endPoint.Address)));

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(IpAddresses.Plain(address));
}
