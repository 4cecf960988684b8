using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NotifyHub.Bench;

/// <summary>A non-blocking TCP socket as a plain descriptor, so that tens of thousands of them need no objects.</summary>
internal static unsafe partial class RawSocket
{
    public const int WouldBlock = 11;

    private const int InProgress = 115;
    private const int Stream = 1, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int NoSignal = 0x4000;
    private const int SocketLevel = 1, ErrorOption = 4, ReceiveBufferOption = 8;
    private const int IpLevel = 0, BindAddressNoPort = 24;

    /// <summary>Starts to connect.</summary>
    /// <param name="source">
    /// The local address; null lets the system choose. Several addresses multiply the available ports.
    /// </param>
    /// <param name="receiveBuffer">The receive buffer of the kernel in bytes; 0 for its default.</param>
    public static int Connect(SocketAddress target, SocketAddress? source, int receiveBuffer)
    {
        var fd = Socket((int)target.Family == (int)AddressFamily.InterNetwork ? 2 : 10, Stream | NonBlocking | CloseOnExec, 0);
        if (fd < 0) throw LastError("socket");
        if (receiveBuffer > 0) _ = SetOption(fd, SocketLevel, ReceiveBufferOption, &receiveBuffer, sizeof(int));
        if (source is not null)
        {
            // Without it bind() reserves the port for every target at once, and ports run out at 28,000 in total.
            var one = 1;
            _ = SetOption(fd, IpLevel, BindAddressNoPort, &one, sizeof(int));
            fixed (byte* address = source.Buffer.Span)
            {
                if (Bind(fd, address, source.Size) < 0) throw LastError("bind", fd);
            }
        }
        fixed (byte* address = target.Buffer.Span)
        {
            if (Connect(fd, address, target.Size) < 0 && Marshal.GetLastPInvokeError() != InProgress)
                throw LastError("connect", fd);
        }
        return fd;
    }

    /// <summary>The result of a connect; 0 is success.</summary>
    public static int ConnectError(int fd)
    {
        int error = 0, size = sizeof(int);
        _ = GetOption(fd, SocketLevel, ErrorOption, &error, &size);
        return error;
    }

    /// <summary>Bytes received; 0 if the peer has closed; -1 for an error, see <see cref="LastErrno"/>.</summary>
    public static int Receive(int fd, byte* buffer, int length) => (int)Receive(fd, buffer, (nuint)length, 0);

    /// <summary>
    /// Sends a few bytes. They always fit an empty send buffer. A peer that does not read loses them, which shows in its results.
    /// </summary>
    public static bool Send(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return Send(fd, start, (nuint)bytes.Length, NoSignal) == bytes.Length;
    }

    public static int LastErrno => Marshal.GetLastPInvokeError();

    private static IOException LastError(string call, int fd = -1)
    {
        var message = $"{call}: {Marshal.GetLastPInvokeErrorMessage()}";
        if (fd >= 0) _ = Close(fd);
        return new IOException(message);
    }

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int fd, byte* address, int size);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int fd, byte* address, int size);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int fd, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int fd, int level, int option, int* value, int size);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int fd, int level, int option, int* value, int* size);
}
