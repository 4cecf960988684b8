using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NotifyHub.BenchTests;

/// <summary>
/// A WebSocket server and push port that misbehave as scripted: for each pushed line, counted from 0, the script returns the
/// answer and the numbers of the lines that every client is then sent.
/// </summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly TcpListener _clients = new(IPAddress.Loopback, 0);
    private readonly TcpListener _pushes = new(IPAddress.Loopback, 0);
    private readonly Func<int, (string Answer, int[] Deliver)> _script;
    private readonly Func<string, string> _alter;
    private readonly bool _v1;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _log = [];
    private readonly List<Socket> _open = [];

    public ScriptedServer(Func<int, (string Answer, int[] Deliver)> script, bool v1 = false, Func<string, string>? alter = null)
    {
        (_script, _v1, _alter) = (script, v1, alter ?? (line => line));
        _clients.Start(100);
        _pushes.Start();
        _ = AcceptAsync(_clients, ServeClientAsync);
        _ = AcceptAsync(_pushes, ServePushAsync);
    }

    public string Url => $"ws://{_clients.LocalEndpoint}/";

    public string Push => _pushes.LocalEndpoint.ToString()!;

    /// <summary>Sends raw bytes to one client.</summary>
    public void SendTo(int client, byte[] bytes)
    {
        lock (_lock) _open[client].Send(bytes);
    }

    /// <summary>Handles a pushed line and returns the answer.</summary>
    public string Take(string line)
    {
        lock (_lock)
        {
            _lines.Add(_alter(line));
            var (answer, deliver) = _script(_lines.Count - 1);
            foreach (var number in deliver) Broadcast(_lines[number]);
            return answer;
        }
    }

    public void Dispose()
    {
        _clients.Dispose();
        _pushes.Dispose();
        lock (_lock) _open.ForEach(s => s.Dispose());
    }

    private static async Task AcceptAsync(TcpListener listener, Func<Socket, Task> serve)
    {
        while (true)
        {
            try
            {
                _ = serve(await listener.AcceptSocketAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task ServeClientAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var request = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
        lock (_lock)
        {
            socket.Send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"u8
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8);
            if (_v1) Subscribe(socket, request);
            _open.Add(socket);
        }
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                if (buffer[0] == 0x88) break;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client dropped the connection, which some tests do on purpose.
        }
        lock (_lock) _open.Remove(socket);
        socket.Dispose();
    }

    private void Subscribe(Socket socket, string request)
    {
        var since = request.IndexOf("since=", StringComparison.Ordinal) is > 0 and var at
            ? int.Parse(request[(at + 6)..request.IndexOf(' ', at)], System.Globalization.CultureInfo.InvariantCulture)
            : _log.Count;
        socket.Send(Text($$"""{"type":"subscribed","channel":"all","epoch":"e","offset":{{_log.Count}},"recovered":true}"""));
        foreach (var message in _log[since..]) socket.Send(Text(message));
    }

    private async Task ServePushAsync(Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket, ownsSocket: true));
        while (await reader.ReadLineAsync() is { } line) socket.Send(Encoding.UTF8.GetBytes(Take(line) + "\n"));
    }

    private void Broadcast(string message)
    {
        _log.Add(_v1 ? $$"""{"type":"message","channel":"all","offset":{{_log.Count + 1}},"data":{{message}}}""" : message);
        foreach (var client in _open)
        {
            try
            {
                client.Send(Text(_log[^1]));
            }
            catch (SocketException)
            {
                // The client dropped the connection; the read loop removes it.
            }
        }
    }

    private static byte[] Text(string text)
    {
        var frame = ServerFrameTests.Frame(0x81, text.Length);
        Encoding.UTF8.GetBytes(text, frame.AsSpan(frame.Length - text.Length));
        return frame;
    }
}
