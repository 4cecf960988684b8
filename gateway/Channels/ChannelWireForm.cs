using System.Buffers;
using System.Text;
using System.Text.Json;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>The wire form of a message in a channel other than <c>all</c>.</summary>
public static class ChannelWireForm
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // The names of all fields, two times, two numbers, and the header of the frame.
    private const int MaxFixedBytes = 256;

    /// <summary>A message, or the retraction of one.</summary>
    public static ChannelFrame Frame(Message message, ChannelPart part)
    {
        var expiresAt = part.ExpiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue;
        return new ChannelFrame(part.Retracts is { } offset ? Retraction(part.Channel, offset) : Bytes(message, part),
            part.Channel, message.Offset, expiresAt);
    }

    /// <summary>A message's text, for a page of history.</summary>
    public static ReadOnlyMemory<byte> Text(Message message)
    {
        var frame = Bytes(message, message.Part!);
        return frame.AsMemory(ServerFrame.Length(frame) - TextLength(frame));
    }

    /// <summary>The text that a message's frame carries.</summary>
    public static int Write(Span<byte> target, Message message, ChannelPart part)
    {
        var at = 0;
        Put(target, ref at, "{\"type\":\"message\",\"channel\":\""u8);
        // Names have only characters that stand for themselves.
        at += Encoding.ASCII.GetBytes(part.Channel, target[at..]);
        if (message.Offset > 0)
        {
            Put(target, ref at, "\",\"offset\":"u8);
            message.Offset.TryFormat(target[at..], out var digits);
            at += digits;
            Put(target, ref at, ",\"at\":\""u8);
        }
        else
        {
            Put(target, ref at, "\",\"at\":\""u8);
        }

        PutTime(target, ref at, part.At);
        if (part.Key is { } key)
        {
            Put(target, ref at, "\",\"key\":\""u8);
            Put(target, ref at, JsonEncodedText.Encode(key).EncodedUtf8Bytes);
        }

        if (part.ExpiresAt is { } expires)
        {
            Put(target, ref at, "\",\"expires\":\""u8);
            PutTime(target, ref at, expires);
        }

        if (part.Priority is { } priority)
        {
            Put(target, ref at, "\",\"priority\":\""u8);
            at += Encoding.ASCII.GetBytes(priority, target[at..]);
        }

        if (part.User is { } user)
        {
            Put(target, ref at, "\",\"user\":\""u8);
            at += Encoding.ASCII.GetBytes(user, target[at..]);
        }

        Put(target, ref at, "\",\"data\":"u8);
        Put(target, ref at, message.IsNotification ? NotificationJson.Data(message.Payload) : message.Payload);
        target[at] = (byte)'}';
        return at + 1;
    }

    private static byte[] Bytes(Message message, ChannelPart part)
    {
        // A character of a key takes at most six bytes (\uXXXX), of the names one.
        var room = message.Payload.Length + MaxFixedBytes + (2 * ChannelName.MaxLength) + (6 * (part.Key?.Length ?? 0));
        var text = ArrayPool<byte>.Shared.Rent(room);
        try
        {
            return ServerFrame.TextFrame(text.AsSpan(0, Write(text, message, part)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text);
        }
    }

    private static int TextLength(byte[] frame)
    {
        var length = ServerFrame.Length(frame);
        return length - (frame[1] switch { 126 => 4, 127 => 10, _ => 2 });
    }

    private static byte[] Retraction(string channel, long offset) =>
        ServerFrame.TextFrame(Encoding.ASCII.GetBytes(
            string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"{{\"type\":\"retracted\",\"channel\":\"{channel}\",\"offset\":{offset}}}")));

    private static void PutTime(Span<byte> target, ref int at, DateTimeOffset time)
    {
        time.UtcDateTime.TryFormat(target[at..], out var length, TimeFormat, System.Globalization.CultureInfo.InvariantCulture);
        at += length;
    }

    private static void Put(Span<byte> target, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[at..]);
        at += text.Length;
    }
}
