using System.Net;
using System.Net.Sockets;

namespace NotifyHub.TestKit;

/// <summary>Ports that the system says are free: some programs want to be told theirs.</summary>
public static class FreePorts
{
    public static int One() => Take(1)[0];

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
