using System.Net;

namespace NotifyHub.Gateway.Network;

/// <summary>How the addresses of peers are written.</summary>
public static class IpAddresses
{
    /// <summary>The address as people write it: IPv4 also where it came mapped into IPv6.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>The IP address of an end point, as text; empty when it has none.</summary>
    public static string Text(EndPoint? endPoint) => endPoint is IPEndPoint { Address: var address }
        ? Plain(address).ToString() : "";
}
