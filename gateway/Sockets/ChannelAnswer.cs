using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What a server says to one client about channels, each as a whole text frame.</summary>
public static class ChannelAnswer
{
    /// <summary>How long a client waits before it tries what may work later.</summary>
    private const int RetryMilliseconds = 1_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="id">The client's own; null: it gave none.</param>
    /// <param name="first">Of the first answer of a connection: what it is; null: a later one.</param>
    /// <param name="epoch">The grid's.</param>
    /// <param name="position">Everything up to it was sent before this frame.</param>
    /// <param name="channels">Those subscribed.</param>
    /// <param name="refused">Those not.</param>
    public static byte[] Subscribed(
        byte[]? id,
        ConnectionFacts? first,
        string epoch,
        string position,
        IEnumerable<ChannelOutcome> channels,
        IEnumerable<(string Channel, ChannelRefusal Why)> refused) => Frame("subscribed", id, writer =>
    {
        if (first is not null)
        {
            writer.WriteString("connection", first.Connection);
            writer.WriteString("user", first.User);
        }

        writer.WriteString("epoch", epoch);
        writer.WriteString("position", position);
        if (first is not null)
        {
            writer.WriteStartObject("limits");
            writer.WriteNumber("channels", first.MaxChannels);
            writer.WriteNumber("message_bytes", first.MaxMessageBytes);
            writer.WriteEndObject();
            writer.WriteNumber("heartbeat_ms", first.HeartbeatMilliseconds);
        }

        writer.WriteStartArray("channels");
        foreach (var channel in channels) Write(writer, channel);
        writer.WriteEndArray();
        writer.WriteStartArray("refused");
        foreach (var (channel, why) in refused)
        {
            writer.WriteStartObject();
            writer.WriteString("channel", channel);
            Write(writer, why);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static byte[] Unsubscribed(byte[]? id, IEnumerable<string> channels, ChannelRefusal? why = null) =>
        Frame("unsubscribed", id, writer =>
        {
            writer.WriteStartArray("channels");
            foreach (var channel in channels) writer.WriteStringValue(channel);
            writer.WriteEndArray();
            if (why is null) return;
            writer.WriteString("code", why.Code);
            writer.WriteBoolean("again", why.CanTryAgain);
        });

    public static byte[] Published(byte[]? id, string channel, long? offset) => Frame("published", id, writer =>
    {
        writer.WriteString("channel", channel);
        if (offset is { } stored) writer.WriteNumber("offset", stored);
    });

    /// <param name="id">The client's own.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="messages">The text of each, as its frame has it.</param>
    /// <param name="hasMore">Older ones are retained.</param>
    public static byte[] History(byte[]? id, string channel, IEnumerable<ReadOnlyMemory<byte>> messages, bool hasMore) =>
        Frame("history", id, writer =>
        {
            writer.WriteString("channel", channel);
            writer.WriteStartArray("messages");
            foreach (var message in messages) writer.WriteRawValue(message.Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteBoolean("more", hasMore);
        });

    public static byte[] Token(byte[]? id, DateTimeOffset expiresAt) =>
        Frame("token", id, writer => writer.WriteString("expires_at", expiresAt.UtcDateTime));

    public static byte[] Position(string position) =>
        Frame("position", null, writer => writer.WriteString("position", position));

    public static byte[] Error(byte[]? id, ChannelRefusal why) => Frame("error", id, writer => Write(writer, why));

    private static void Write(Utf8JsonWriter writer, ChannelRefusal why)
    {
        writer.WriteString("code", why.Code);
        writer.WriteString("message", why.Message);
        writer.WriteBoolean("again", why.CanTryAgain);
        if (why.CanTryAgain) writer.WriteNumber("after_ms", RetryMilliseconds);
    }

    private static void Write(Utf8JsonWriter writer, ChannelOutcome channel)
    {
        writer.WriteStartObject();
        writer.WriteString("channel", channel.Channel);
        if (channel.Offset is { } offset) writer.WriteNumber("offset", offset);
        writer.WriteBoolean("recovered", channel.IsRecovered);
        if (channel.Gap is { } gap)
        {
            writer.WriteStartObject("gap");
            // A pattern's has no numbers: they are of many channels.
            if (channel.Offset is not null)
            {
                writer.WriteNumber("from", gap.From);
                writer.WriteNumber("to", gap.To);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static byte[] Frame(string type, byte[]? id, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            if (id is not null)
            {
                writer.WritePropertyName("id");
                writer.WriteRawValue(id, skipInputValidation: true);
            }

            write(writer);
            writer.WriteEndObject();
        }

        return ServerFrame.TextFrame(buffer.WrittenSpan);
    }
}
