using System.Net;
using IPNetwork = System.Net.IPNetwork;

namespace NotifyHub.Gateway.Settings;

/// <summary>Networks as settings write them.</summary>
public static class IpNetworks
{
    /// <summary>A network such as <c>10.0.0.0/8</c>, or one address. Null: neither.</summary>
    public static IPNetwork? Parse(string text)
    {
        if (IPNetwork.TryParse(text, out var network)) return network;
        if (!IPAddress.TryParse(text, out var address)) return null;
        return new IPNetwork(address, address.GetAddressBytes().Length * 8);
    }
}
