using System.Net;
using System.Net.Sockets;

namespace NotifyHub.Gateway.Network;

/// <summary>How the addresses of peers are written and counted.</summary>
public static class IpAddresses
{
    private const int PrefixBytes = 8;

    /// <summary>The address as people write it: IPv4 also where it came mapped into IPv6.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>The IP address of an end point, as text; empty when it has none.</summary>
    public static string Text(EndPoint? endPoint) => endPoint is IPEndPoint { Address: var address }
        ? Plain(address).ToString() : "";

    /// <summary>What limits count as one peer: an IPv4 address, or the /64 that one IPv6 customer has all of.</summary>
    public static string Prefix(IPAddress address)
    {
        address = Plain(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes).ToString();
    }

    /// <summary>The same for an address as text; what is no address is its own prefix.</summary>
    public static string Prefix(string address) => IPAddress.TryParse(address, out var parsed) ? Prefix(parsed) : address;
}
