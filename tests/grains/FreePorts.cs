using System.Net;
using System.Net.Sockets;

namespace NotifyHub.GrainTests;

/// <summary>Ports that the system says are free: a silo wants to be told its port.</summary>
internal static class FreePorts
{
    /// <summary>Different ones: all are held until the last is known.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
