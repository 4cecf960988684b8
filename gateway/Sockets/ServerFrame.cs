using System.Buffers.Binary;
using System.Text.Unicode;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

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

/// <summary>The two wire forms of a message: as the guide shows it, and in the envelope of <c>notifyhub.v1</c>.</summary>
public static class WireForm
{
    private static ReadOnlySpan<byte> EnvelopeStart => "{\"type\":\"message\",\"channel\":\"all\",\"offset\":"u8;
    private static ReadOnlySpan<byte> EnvelopeData => ",\"data\":"u8;

    /// <summary>No message needs more than this many bytes beyond its payload, in either form.</summary>
    public const int MaxOverheadBytes = ServerFrame.MaxHeaderBytes + 80;

    /// <summary>The text frame for a client without a subprotocol: the payload, byte for byte.</summary>
    public static int WritePlain(Span<byte> target, Message message)
    {
        var header = ServerFrame.WriteTextHeader(target, message.Payload.Length);
        message.Payload.CopyTo(target[header..]);
        return header + message.Payload.Length;
    }

    /// <summary>The text frame for a <c>notifyhub.v1</c> client.</summary>
    public static int WriteEnvelope(Span<byte> target, Message message)
    {
        Span<byte> digits = stackalloc byte[20];
        message.Offset.TryFormat(digits, out var digitCount);
        var data = message.IsNotification ? NotificationJson.Data(message.Payload) : message.Payload;

        var length = EnvelopeStart.Length + digitCount + EnvelopeData.Length + data.Length + 1;
        var at = ServerFrame.WriteTextHeader(target, length);
        at += Copy(EnvelopeStart, target[at..]);
        at += Copy(digits[..digitCount], target[at..]);
        at += Copy(EnvelopeData, target[at..]);
        at += Copy(data, target[at..]);
        target[at] = (byte)'}';
        return at + 1;
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return source.Length;
    }
}
