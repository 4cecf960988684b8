using System.Net;
using System.Net.NetworkInformation;

namespace NotifyHub.Grains;

/// <summary>The address that a silo advertises to the others. On a machine with several networks only the operator knows which
/// one they share.</summary>
public static class MachineAddress
{
    /// <param name="setting">An IP address, or a network in CIDR form.</param>
    /// <returns>The address itself, or this machine's own in that network; null: neither.</returns>
    public static IPAddress? Find(string setting)
    {
        if (IPAddress.TryParse(setting, out var address)) return address;
        if (!IPNetwork.TryParse(setting, out var network)) return null;
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(port => port.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(port => port.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(network.Contains);
    }
}
