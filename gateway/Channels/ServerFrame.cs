using System.Buffers.Binary;
using System.Text.Unicode;

namespace NotifyHub.Gateway.Channels;

/// <summary>RFC 6455 frames as a server sends them: unmasked and unfragmented, so the same bytes serve every client.</summary>
public static class ServerFrame
{
    /// <summary>The longest header of an unmasked frame.</summary>
    public const int MaxHeaderBytes = 10;

    /// <summary>First byte of a close frame.</summary>
    public const byte FinalClose = Final | Close;

    private const byte Final = 0x80;
    private const byte Text = 0x1;
    private const byte Close = 0x8;
    private const byte Ping = 0x9;

    /// <summary>A ping without a payload: any answer at all proves that the peer lives.</summary>
    public static readonly byte[] EmptyPing = [Final | Ping, 0];

    public static int HeaderBytes(int payloadBytes) => payloadBytes switch
    {
        < 126 => 2,
        <= ushort.MaxValue => 4,
        _ => 10,
    };

    /// <summary>Writes the header of a text frame and answers its length.</summary>
    public static int WriteTextHeader(Span<byte> target, int payloadBytes)
    {
        target[0] = Final | Text;
        switch (HeaderBytes(payloadBytes))
        {
            case 2:
                target[1] = (byte)payloadBytes;
                return 2;
            case 4:
                target[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payloadBytes);
                return 4;
            default:
                target[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(target[2..], (ulong)payloadBytes);
                return 10;
        }
    }

    /// <summary>The length of the frame that starts here, header included.</summary>
    public static int Length(ReadOnlySpan<byte> frame) => frame[1] switch
    {
        126 => 4 + BinaryPrimitives.ReadUInt16BigEndian(frame[2..]),
        127 => 10 + checked((int)BinaryPrimitives.ReadUInt64BigEndian(frame[2..])),
        var length => 2 + length,
    };

    public static byte[] TextFrame(ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes(payload.Length) + payload.Length];
        payload.CopyTo(frame.AsSpan(WriteTextHeader(frame, payload.Length)));
        return frame;
    }

    /// <summary>A close frame. The reason is cut to the 123 bytes that fit.</summary>
    public static byte[] CloseFrame(int code, string reason)
    {
        Span<byte> text = stackalloc byte[123];
        Utf8.FromUtf16(reason, text, out _, out var length);
        var frame = new byte[4 + length];
        frame[0] = FinalClose;
        frame[1] = (byte)(2 + length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)code);
        text[..length].CopyTo(frame.AsSpan(4));
        return frame;
    }
}
