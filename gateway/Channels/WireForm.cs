using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

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
