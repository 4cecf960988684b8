using System.Net;
using System.Net.Sockets;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>Both ends of a loopback connection.</summary>
internal sealed class SocketPair : IDisposable
{
    private SocketPair(Socket server, Socket peer) => (Server, Peer) = (server, peer);

    public Socket Server { get; }

    public Socket Peer { get; }

    /// <param name="bufferBytes">The system's buffer size for each end; 0 for its default.</param>
    public static SocketPair Connect(int bufferBytes = 0)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // Set before listening: accepted sockets inherit it.
        if (bufferBytes > 0) listener.SendBufferSize = bufferBytes;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (bufferBytes > 0) peer.ReceiveBufferSize = bufferBytes;
        peer.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        server.NoDelay = true;
        server.Blocking = false;
        return new SocketPair(server, peer);
    }

    public void Dispose()
    {
        Server.Dispose();
        Peer.Dispose();
    }
}
