using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What a server says to one client, each as a whole text frame.</summary>
public static class ServerMessage
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Nothing has happened. For a client that gets no <c>position</c>, so that some frame comes every
    /// <c>heartbeat_ms</c>. Shared: not to be written to.</summary>
    public static readonly byte[] Heartbeat = ServerFrame.TextFrame("{\"type\":\"heartbeat\"}"u8);

    /// <summary>The client's own <c>time</c>, as it wrote it.</summary>
    public static byte[] Pong(ReadOnlySpan<byte> time) => time.IsEmpty
        ? ServerFrame.TextFrame("{\"type\":\"pong\"}"u8)
        : ServerFrame.TextFrame([.. "{\"type\":\"pong\",\"time\":"u8, .. time, (byte)'}']);

    /// <param name="error">What went wrong.</param>
    /// <param name="id">The JSON text of the request's <c>id</c>, as the client wrote it; empty: it had none.</param>
    /// <param name="withAgain">Whether trying again can help is part of the frame. Not for clients that use neither channels nor
    /// client tokens: what they are sent stays as it was.</param>
    public static byte[] Error(ClientError error, ReadOnlySpan<byte> id = default, bool withAgain = false)
    {
        var buffer = new ArrayBufferWriter<byte>(160);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "error");
            if (!id.IsEmpty)
            {
                writer.WritePropertyName("id");
                writer.WriteRawValue(id, skipInputValidation: true);
            }

            writer.WriteString("code", error.Code);
            writer.WriteString("message", error.Message);
            if (withAgain)
            {
                writer.WriteBoolean("again", error.Again);
                if (error is { Again: true, AfterMs: { } after }) writer.WriteNumber("after_ms", after);
            }

            writer.WriteEndObject();
        }

        return ServerFrame.TextFrame(buffer.WrittenSpan);
    }

    /// <summary>The answer to a subscription.</summary>
    /// <param name="epoch">The log's epoch.</param>
    /// <param name="head">The newest offset now.</param>
    /// <param name="recovered">Everything after the client's offset follows.</param>
    public static byte[] Subscribed(string epoch, long head, bool recovered) => Frame("subscribed", writer =>
    {
        writer.WriteString("channel", "all");
        writer.WriteString("epoch", epoch);
        writer.WriteNumber("offset", head);
        writer.WriteBoolean("recovered", recovered);
    });

    /// <summary>These offsets are no longer retained.</summary>
    public static byte[] Gap(long from, long to) => Frame("gap", writer =>
    {
        writer.WriteString("channel", "all");
        writer.WriteNumber("from", from);
        writer.WriteNumber("to", to);
    });

    /// <summary>A planned close follows; come back after this long.</summary>
    public static byte[] Reconnect(int afterMilliseconds) =>
        Frame("reconnect", writer => writer.WriteNumber("after_ms", afterMilliseconds));

    private static byte[] Frame(string type, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(160);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            write(writer);
            writer.WriteEndObject();
        }

        return ServerFrame.TextFrame(buffer.WrittenSpan);
    }
}
