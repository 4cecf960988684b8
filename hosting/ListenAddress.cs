using System.Net;
using System.Net.Sockets;

namespace NotifyHub.Hosting;

/// <summary>The addresses that ports bind to, as settings name them.</summary>
public static class ListenAddress
{
    /// <summary>Every address of this machine: IPv6 and IPv4 together, or IPv4 alone where the machine has no IPv6.</summary>
    public static IPAddress Any => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <param name="setting">An IP address, or <c>*</c> for every one; checked with the other settings.</param>
    public static IPAddress Of(string setting) => setting == "*" ? Any : IPAddress.Parse(setting);
}
