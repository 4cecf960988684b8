using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotifyHub.TestKit;

/// <summary>A connection that sends exactly the given bytes, for malformed handshakes and frames.</summary>
public sealed class RawSocket : IDisposable
{
    /// <summary>The example key of RFC 6455, and the accept value for it.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawSocket()
    {
    }

    public string UserAgent { get; } = $"raw-{Guid.NewGuid():N}";

    /// <param name="receiveBuffer">Bytes; if small, a client that does not read soon blocks the server. 0: the default.</param>
    /// <param name="from">The local address to connect from, such as <c>127.0.0.2</c>; the server sees another client.</param>
    public static async Task<RawSocket> ConnectAsync(int port, int receiveBuffer = 0, string? from = null)
    {
        var raw = new RawSocket();
        if (from is not null) raw._socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        // Before connecting, because the window is offered during the TCP handshake.
        if (receiveBuffer > 0) raw._socket.ReceiveBufferSize = receiveBuffer;
        await raw._socket.ConnectAsync(IPAddress.Loopback, port);
        return raw;
    }

    /// <summary>Connects and completes the WebSocket handshake.</summary>
    public static async Task<RawSocket> UpgradeAsync(int port, int receiveBuffer = 0, string? from = null)
    {
        var raw = await ConnectAsync(port, receiveBuffer, from);
        await raw.SendAsync(raw.Handshake());
        var head = await raw.ReadHeadAsync();
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
            throw new InvalidOperationException($"No upgrade:\n{head}");
        return raw;
    }

    /// <summary>A handshake request like curl's. Given headers replace or extend its own; null removes one.</summary>
    public string Handshake(string target = "/", params (string Name, string? Value)[] headers)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Host"] = "localhost",
            ["User-Agent"] = UserAgent,
            ["Accept"] = "*/*",
            ["Connection"] = "Upgrade",
            ["Upgrade"] = "websocket",
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = Key,
        };
        foreach (var (name, value) in headers) all[name] = value;
        var lines = all.Where(header => header.Value is not null).Select(header => $"{header.Key}: {header.Value}\r\n");
        return $"GET {target} HTTP/1.1\r\n{string.Concat(lines)}\r\n";
    }

    /// <summary>Builds a client's frame.</summary>
    /// <param name="flags">0x80 is FIN; 0x70 are the reserved bits.</param>
    /// <param name="lengthBytes">The size of the length field: 1, 2 or 8; 0: as small as possible.</param>
    public static byte[] Frame(int opcode, ReadOnlySpan<byte> payload, int flags = 0x80, bool masked = true, int lengthBytes = 0)
    {
        using var frame = new MemoryStream();
        frame.WriteByte((byte)(flags | opcode));
        var mask = masked ? 0x80 : 0;
        Span<byte> length = stackalloc byte[8];
        if (lengthBytes == 0) lengthBytes = payload.Length switch { < 126 => 1, < 1 << 16 => 2, _ => 8 };
        frame.WriteByte((byte)(mask | lengthBytes switch { 2 => 126, 8 => 127, _ => payload.Length }));
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
        if (lengthBytes > 1) frame.Write(length[^lengthBytes..]);
        byte[] key = [0x12, 0x34, 0x56, 0x78];
        if (masked) frame.Write(key);
        for (var i = 0; i < payload.Length; i++) frame.WriteByte((byte)(masked ? payload[i] ^ key[i % 4] : payload[i]));
        return frame.ToArray();
    }

    public static byte[] Text(string text) => Frame(1, Encoding.UTF8.GetBytes(text));

    public static byte[] Close(int code) => Frame(8, [(byte)(code >> 8), (byte)code]);

    public Task SendAsync(string ascii) => SendAsync(Encoding.ASCII.GetBytes(ascii));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes).AsTask().WaitAsync(Until.Limit)..];
    }

    /// <summary>Reads the head of an HTTP response, including its blank line.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        // Byte by byte, because frames may follow.
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)(await ReadAsync(1))[0]);
        return head.ToString();
    }

    /// <summary>Reads the server's next frame, which must not be masked.</summary>
    public async Task<(int Opcode, byte[] Payload)> ReadFrameAsync()
    {
        var head = await ReadAsync(2);
        if ((head[0] & 0xF0) != 0x80)
            throw new InvalidDataException($"The server fragments or uses reserved bits: {head[0]:x2}.");
        if ((head[1] & 0x80) != 0) throw new InvalidDataException("The server masks its frames.");
        var length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => checked((int)BinaryPrimitives.ReadUInt64BigEndian(await ReadAsync(8))),
            var small => small,
        };
        return (head[0] & 0x0F, await ReadAsync(length));
    }

    /// <summary>Reads the next frame, which must be a text.</summary>
    public async Task<string> ReadTextAsync()
    {
        var (opcode, payload) = await ReadFrameAsync();
        return opcode == 1
            ? Encoding.UTF8.GetString(payload)
            : throw new InvalidDataException($"Expected a text, got a frame {opcode:x}.");
    }

    /// <summary>Reads the next frame, which must be a close; returns its code, -1 if it has none.</summary>
    public async Task<int> ReadCloseAsync()
    {
        var (opcode, payload) = await ReadFrameAsync();
        if (opcode != 8)
            throw new InvalidDataException($"Expected a close, got a frame {opcode:x}: {Encoding.UTF8.GetString(payload)}.");
        return payload.Length == 0 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(payload);
    }

    /// <summary>Reads until the server ends the stream; returns what was read.</summary>
    /// <param name="orReset">Accept a reset as the end; otherwise it fails.</param>
    public async Task<byte[]> ReadToEndAsync(bool orReset = false)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Until.Limit) is > 0 and var count)
                all.Write(buffer, 0, count);
        }
        catch (SocketException e) when (orReset && e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A reset is an end as well.
        }

        return all.ToArray();
    }

    /// <summary>Closes the sending side of the connection.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The server has closed the connection and everything was read.</summary>
    public bool HasEnded => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    /// <summary>Resets the connection.</summary>
    public void Reset() => _socket.Close(0);

    public void Dispose() => _socket.Dispose();

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = await _socket.ReceiveAsync(bytes.AsMemory(at)).AsTask().WaitAsync(Until.Limit);
            if (read == 0) throw new EndOfStreamException("The server closed the connection.");
            at += read;
        }

        return bytes;
    }
}
