using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace NotifyHub.TestKit;

/// <summary>A WebSocket client that reads continuously, so it is never slow, and returns the messages in order.</summary>
public sealed class SocketClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly Channel<string> _texts = Channel.CreateUnbounded<string>();
    private Task _reading = Task.CompletedTask;

    private SocketClient()
    {
    }

    /// <summary>Its name in the list of connections.</summary>
    public string UserAgent { get; } = $"client-{Guid.NewGuid():N}";

    /// <summary>The close code and reason of the server; (0, …) when the connection broke.</summary>
    public (int Code, string Reason) Closed { get; private set; }

    /// <param name="query">Including the <c>?</c>.</param>
    /// <param name="v1">Offers the subprotocol <c>notifyhub.v1</c>.</param>
    public static async Task<SocketClient> ConnectAsync(
        int port, string query = "", bool v1 = false, string address = "127.0.0.1", TimeSpan? limit = null)
    {
        var client = new SocketClient();
        client._socket.Options.KeepAliveInterval = TimeSpan.Zero;
        client._socket.Options.SetRequestHeader("User-Agent", client.UserAgent);
        if (v1) client._socket.Options.AddSubProtocol("notifyhub.v1");
        using var timeout = new CancellationTokenSource(limit ?? Until.Limit);
        await client._socket.ConnectAsync(new Uri($"ws://{address}:{port}/{query}"), timeout.Token);
        client._reading = client.ReadAsync();
        return client;
    }

    public Task SendAsync(string text) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>Returns the next message; fails when the connection ends first.</summary>
    public async Task<string> NextAsync(TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? Until.Limit);
        try
        {
            return await _texts.Reader.ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Expected a message within {limit ?? Until.Limit}.");
        }
    }

    public async Task<JsonElement> NextJsonAsync() => JsonElement.Parse(await NextAsync());

    /// <summary>Returns the messages up to and including the first match.</summary>
    public async Task<List<string>> NextUntilAsync(Func<string, bool> last)
    {
        List<string> texts = [];
        do texts.Add(await NextAsync());
        while (!last(texts[^1]));
        return texts;
    }

    /// <summary>Returns what has arrived and was not returned yet.</summary>
    public List<string> Rest()
    {
        List<string> texts = [];
        while (_texts.Reader.TryRead(out var text)) texts.Add(text);
        return texts;
    }

    /// <summary>Waits until the server has closed the connection, or it broke.</summary>
    public async Task<(int Code, string Reason)> WaitUntilClosedAsync()
    {
        await _reading.WaitAsync(Until.Limit);
        return Closed;
    }

    /// <summary>Closes with this code and waits for the answer.</summary>
    public async Task CloseAsync(WebSocketCloseStatus code = WebSocketCloseStatus.NormalClosure)
    {
        await _socket.CloseOutputAsync(code, "", CancellationToken.None);
        await _reading.WaitAsync(Until.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 << 10];
        try
        {
            using var message = new MemoryStream();
            while (true)
            {
                var result = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close) break;
                message.Write(buffer, 0, result.Count);
                if (!result.EndOfMessage) continue;
                _texts.Writer.TryWrite(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length));
                message.SetLength(0);
            }

            Closed = ((int)_socket.CloseStatus!, _socket.CloseStatusDescription ?? "");
            if (_socket.State == WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            if (Closed.Code == 0) Closed = (0, e.Message);
        }
        finally
        {
            _texts.Writer.TryComplete();
        }
    }
}
