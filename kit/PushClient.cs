using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotifyHub.TestKit;

/// <summary>An internal service at the push port: sends lines and reads answers.</summary>
public sealed class PushClient : IDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true };
    private NetworkStream? _stream;
    private StreamReader? _reader;

    private PushClient()
    {
    }

    /// <param name="from">The local address to connect from; null: the default one.</param>
    public static async Task<PushClient> ConnectAsync(int port, string address = "127.0.0.1", string? from = null)
    {
        var client = new PushClient();
        if (from is not null) client._tcp.Client.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await client._tcp.ConnectAsync(IPAddress.Parse(address), port);
        client._stream = client._tcp.GetStream();
        client._reader = new StreamReader(client._stream, Encoding.UTF8);
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream!.WriteAsync(bytes).AsTask().WaitAsync(Until.Limit);

    /// <summary>Closes the sending side of the connection.</summary>
    public void EndSending() => _tcp.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Reads the next answer; null when the server has closed the connection.</summary>
    public Task<string?> ReadLineAsync() => _reader!.ReadLineAsync().WaitAsync(Until.Limit);

    /// <summary>Sends one line and returns its answer.</summary>
    public async Task<string?> PushAsync(string line)
    {
        await SendAsync(line + "\n");
        return await ReadLineAsync();
    }

    /// <summary>Sends many lines at once and reads an answer for each.</summary>
    public async Task<List<string?>> PushAllAsync(IReadOnlyCollection<string> lines)
    {
        var sending = SendAsync(string.Join('\n', lines) + "\n");
        List<string?> answers = [];
        while (answers.Count < lines.Count) answers.Add(await ReadLineAsync());
        await sending;
        return answers;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _tcp.Dispose();
    }
}
