using System.Net;
using System.Net.Sockets;

namespace NotifyHub.Hosting;

/// <summary>
/// The part of an address that limits and counters take for one network: the IPv4 address, or the /64 of IPv6, since a subscriber
/// has all 2^64 addresses of one.
/// </summary>
public static class AddressPrefix
{
    private const int PrefixBytes = 8;

    /// <param name="address">What is not an IP address is its own prefix.</param>
    public static string Of(string address) =>
        IPAddress.TryParse(address, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetworkV6
            ? Of(parsed)
            : address;

    /// <param name="address">Null: unknown, the empty prefix.</param>
    public static string Of(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        // Without the zone id, which names an interface of this machine.
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes).ToString();
    }
}
