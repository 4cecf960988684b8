using System.Runtime.InteropServices;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// <c>send(2)</c> by a socket's number. The framework's <see cref="System.Net.Sockets.Socket"/> touches three objects a send;
/// with thousands of clients those are not in the processor's cache, which with the calls around them cost a delivery a tenth
/// more (docs/adr/0004). A caller must ensure that the socket is not closed meanwhile: numbers are reused.
/// </summary>
internal static unsafe partial class DirectSocket
{
    // Linux: MSG_DONTWAIT, MSG_NOSIGNAL.
    private const int NoWaitNoSignal = 0x40 | 0x4000;

    /// <summary>The constants and the library's name are Linux'.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Bytes that the connection took at once; -1: none, because it is full or broken.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes) return (int)Send(socket, start, (nuint)bytes.Length, NoWaitNoSignal);
    }

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(int socket, byte* bytes, nuint count, int flags);
}
