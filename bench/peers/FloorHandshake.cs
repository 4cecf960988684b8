using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NotifyHub.Bench.Peers;

/// <summary>The part of RFC 6455 that <see cref="Floor"/> needs.</summary>
internal static class FloorHandshake
{
    private const string KeyHeader = "Sec-WebSocket-Key: ";
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>The answer to an upgrade; null if it is not one or did not arrive in one piece.</summary>
    public static byte[]? Answer(ReadOnlySpan<byte> request)
    {
        if (!request.EndsWith("\r\n\r\n"u8)) return null;
        var text = Encoding.ASCII.GetString(request);
        var key = text.IndexOf(KeyHeader, StringComparison.OrdinalIgnoreCase) + KeyHeader.Length;
        if (key < KeyHeader.Length) return null;
        var hashed = Encoding.ASCII.GetBytes(text[key..text.IndexOf('\r', key)].Trim() + Magic);
#pragma warning disable CA5350 // The protocol names the algorithm; nothing is kept secret by it.
        var accept = Convert.ToBase64String(SHA1.HashData(hashed));
#pragma warning restore CA5350
        return Encoding.ASCII.GetBytes(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\n\r\n");
    }

    /// <summary>Writes the header of a text frame and returns its length.</summary>
    public static int TextHeader(Span<byte> target, int payload)
    {
        target[0] = 0x81;
        switch (payload)
        {
            case < 126:
                target[1] = (byte)payload;
                return 2;
            case <= ushort.MaxValue:
                target[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payload);
                return 4;
            default:
                target[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(target[2..], (ulong)payload);
                return 10;
        }
    }

    /// <summary>1000, the answer to the close of a generator.</summary>
    public static ReadOnlySpan<byte> CloseFrame => [0x88, 2, 0x03, 0xE8];
}
