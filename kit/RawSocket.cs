using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotifyHub.TestKit;

/// <summary>A connection that sends exactly the bytes it is told to: for handshakes and frames that no decent client would send.</summary>
public sealed class RawSocket : IDisposable
{
    /// <summary>RFC 6455's example key, and the answer to it.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawSocket()
    {
    }

    public string UserAgent { get; } = $"raw-{Guid.NewGuid():N}";

    /// <param name="receiveBuffer">Small: a client that does not read soon holds the server up. 0: the system's own.</param>
    /// <param name="from">Which of this machine's addresses it comes from: <c>127.0.0.2</c> and so on are others to the server.</param>
    public static async Task<RawSocket> ConnectAsync(int port, int receiveBuffer = 0, string? from = null)
    {
        var raw = new RawSocket();
        if (from is not null) raw._socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        // Before the connection is made, or the window has been offered already.
        if (receiveBuffer > 0) raw._socket.ReceiveBufferSize = receiveBuffer;
        await raw._socket.ConnectAsync(IPAddress.Loopback, port);
        return raw;
    }

    /// <summary>Connects and takes the handshake.</summary>
    public static async Task<RawSocket> UpgradeAsync(int port, int receiveBuffer = 0, string? from = null)
    {
        var raw = await ConnectAsync(port, receiveBuffer, from);
        await raw.SendAsync(raw.Handshake());
        var head = await raw.ReadHeadAsync();
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) throw new InvalidOperationException($"No upgrade:\n{head}");
        return raw;
    }

    /// <summary>The head of a handshake as curl sends it, with what is given in place of its own or beside it; null leaves one out.</summary>
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

    /// <summary>A client's frame.</summary>
    /// <param name="flags">0x80 is FIN; 0x70 are the reserved bits.</param>
    /// <param name="lengthBytes">How many bytes tell its length: 1, 2 or 8; 0: as few as can be.</param>
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

    /// <summary>The head of an HTTP answer, its blank line included.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        // One by one: what follows are frames already.
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)(await ReadAsync(1))[0]);
        return head.ToString();
    }

    /// <summary>The next frame of the server, which must not be masked.</summary>
    public async Task<(int Opcode, byte[] Payload)> ReadFrameAsync()
    {
        var head = await ReadAsync(2);
        if ((head[0] & 0xF0) != 0x80) throw new InvalidDataException($"The server fragments or uses reserved bits: {head[0]:x2}.");
        if ((head[1] & 0x80) != 0) throw new InvalidDataException("The server masks.");
        var length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => checked((int)BinaryPrimitives.ReadUInt64BigEndian(await ReadAsync(8))),
            var small => small,
        };
        return (head[0] & 0x0F, await ReadAsync(length));
    }

    /// <summary>The next frame, which must be a text.</summary>
    public async Task<string> ReadTextAsync()
    {
        var (opcode, payload) = await ReadFrameAsync();
        return opcode == 1 ? Encoding.UTF8.GetString(payload) : throw new InvalidDataException($"Expected a text, got a frame {opcode:x}.");
    }

    /// <summary>The code of the next frame, which must be a close; -1 for one without.</summary>
    public async Task<int> ReadCloseAsync()
    {
        var (opcode, payload) = await ReadFrameAsync();
        if (opcode != 8) throw new InvalidDataException($"Expected a close, got a frame {opcode:x}: {Encoding.UTF8.GetString(payload)}.");
        return payload.Length == 0 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(payload);
    }

    /// <summary>Reads until the server has ended the stream; answers what came.</summary>
    /// <param name="orReset">The server may also reset the connection; otherwise that fails.</param>
    public async Task<byte[]> ReadToEndAsync(bool orReset = false)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Until.Limit) is > 0 and var count) all.Write(buffer, 0, count);
        }
        catch (SocketException e) when (orReset && e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Over, too.
        }

        return all.ToArray();
    }

    /// <summary>Half-closes: nothing more will be sent.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The server has ended it, and nothing is left to be read.</summary>
    public bool HasEnded => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    /// <summary>Breaks the connection off.</summary>
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
