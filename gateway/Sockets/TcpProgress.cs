using System.Buffers.Binary;
using System.Net.Sockets;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The bytes that a peer has acknowledged, from TCP itself. That a socket is not writable proves nothing: it becomes
/// writable only when a third of its buffer is free, which takes a slow peer many seconds.</summary>
internal static class TcpProgress
{
    // Linux: IPPROTO_TCP, TCP_INFO, and where tcpi_bytes_acked is (since Linux 4.1).
    private const int Tcp = 6;
    private const int Info = 11;
    private const int AcknowledgedAt = 120;

    /// <summary>Bytes that the peer's system has acknowledged; 0 where that cannot be known.</summary>
    public static ulong Acknowledged(Socket? socket)
    {
        if (socket is null || !OperatingSystem.IsLinux()) return 0;
        Span<byte> info = stackalloc byte[AcknowledgedAt + sizeof(ulong)];
        try
        {
            return socket.GetRawSocketOption(Tcp, Info, info) == info.Length
                ? BinaryPrimitives.ReadUInt64LittleEndian(info[AcknowledgedAt..])
                : 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }
}
