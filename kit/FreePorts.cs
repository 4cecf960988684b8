using System.Net;
using System.Net.Sockets;

namespace NotifyHub.TestKit;

/// <summary>Ports that the system reports as free, for programs that need a fixed port.</summary>
public static class FreePorts
{
    public static int One() => Take(1)[0];

    /// <summary>Returns different ports: all are held until the last one is known.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners) listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
