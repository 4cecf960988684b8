using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace NotifyHub.Console.Live;

/// <summary>A WebSocket client that pings, logs what it receives, and with <c>notifyhub.v1</c> reconnects.</summary>
/// <param name="connect">Opens a WebSocket. The second argument lists the subprotocols to offer.</param>
public sealed class LiveSocket(
    Func<Uri, IReadOnlyList<string>, CancellationToken, Task<WebSocket>> connect, TimeProvider time) : IDisposable
{
    public const string V1 = "notifyhub.v1";

    private const string BearerPrefix = "notifyhub.bearer.";

    /// <summary>Older lines are dropped: a page that is open for days must not fill the browser's memory.</summary>
    public const int MaxLogLines = 500;

    /// <summary>The server refused the connection for now, and its <c>error</c> names the delay.</summary>
    private const int RefusedForNow = 4503;

    private const int MaxShownCharacters = 4_000;
    private const int MaxMessageBytes = 16 << 20;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(15);

    private readonly Queue<LiveEntry> _log = new();
    private readonly LivePosition _position = new();
    private CancellationTokenSource? _stop;
    private WebSocket? _socket;
    private bool _isDisposed;
    private long _lines;

    /// <summary>Something that is shown has changed.</summary>
    public event Action? Changed;

    public LiveState State { get; private set; }

    /// <summary>The newest <see cref="MaxLogLines"/>, oldest first.</summary>
    public IReadOnlyCollection<LiveEntry> Log => _log;

    /// <summary>Messages received since the start.</summary>
    public long Received { get; private set; }

    public string? Epoch => _position.Epoch;

    public long? Offset => _position.Offset;

    public static async Task<WebSocket> ConnectAsync(Uri address, IReadOnlyList<string> protocols, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        try
        {
            foreach (var protocol in protocols) socket.Options.AddSubProtocol(protocol);
            await socket.ConnectAsync(address, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects and stays connected until <see cref="DisconnectAsync"/>.</summary>
    /// <param name="v1">Offers <c>notifyhub.v1</c> and reconnects unless the close code is final.</param>
    /// <param name="since">With <paramref name="v1"/>: starts after this offset.</param>
    /// <param name="token">
    /// Sent to the server. The connection is then an observer's: messages to it do not count as delivered.
    /// </param>
    public async Task RunAsync(Uri address, bool v1, long? since, string? token = null)
    {
        if (State != LiveState.Off || _isDisposed) return;
        using var stop = new CancellationTokenSource();
        _stop = stop;
        _position.Start(v1 ? since : null);
        try
        {
            for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
            {
                var (opened, code) = await ConnectOnceAsync(With(address, v1 ? _position.Query : ""), v1, token, stop.Token);
                var isRefused = code == RefusedForNow;
                if (opened && !isRefused) attempt = 0;
                if (stop.IsCancellationRequested || !v1 || !MayReconnect(code)) break;
                var wait = (isRefused ? _position.RefusedAfter : _position.ReconnectAfter) ?? Backoff(attempt);
                _position.ReconnectAfter = _position.RefusedAfter = null;
                State = LiveState.Waiting;
                Add(LiveEvent.Reconnecting, "", (long)wait.TotalMilliseconds);
                await Task.Delay(wait, time, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            _stop = null;
            State = LiveState.Off;
            Changed?.Invoke();
        }
    }

    public async Task SendAsync(string text)
    {
        if (_socket is not { State: WebSocketState.Open } socket)
        {
            Add(LiveEvent.NotConnected, "");
            return;
        }

        Add(LiveEvent.Sent, text);
        try
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            await socket.SendAsync(utf8, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (IsClosed(e))
        {
            Add(LiveEvent.NotConnected, "");
        }
    }

    public Task PingAsync() => SendAsync($$"""{"type":"ping","time":{{time.GetUtcNow().ToUnixTimeMilliseconds()}}}""");

    /// <summary>Closes the connection and does not reconnect.</summary>
    public async Task DisconnectAsync()
    {
        if (_stop is not { } stop) return;
        Add(LiveEvent.Disconnecting, "");
        try
        {
            if (_socket is { State: WebSocketState.Open } socket)
            {
                // The read loop ends with the server's answer, or with this timeout.
                stop.CancelAfter(CloseTimeout);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", stop.Token);
                return;
            }
        }
        catch (Exception e) when (IsClosed(e))
        {
            // The connection is ending anyway.
        }

        await stop.CancelAsync();
    }

    public void Clear()
    {
        _log.Clear();
        Changed?.Invoke();
    }

    /// <summary>Closes the connection at once. A socket that a page leaves open would stay a client of the grid.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Changed = null;
        _ = DisconnectAsync();
    }

    /// <summary>
    /// Whether to reconnect. Final are NotifyHub's codes 4500 to 4999 except 4503, and the codes that the same client would get
    /// again.
    /// </summary>
    public static bool MayReconnect(int code) =>
        code is RefusedForNow or not (1000 or 1002 or 1003 or 1007 or 1008 or 1009 or (>= 4500 and <= 4999));

    /// <summary>Runs one connection from its opening to its end.</summary>
    private async Task<(bool Opened, int Code)> ConnectOnceAsync(Uri address, bool v1, string? token, CancellationToken stop)
    {
        State = LiveState.Connecting;
        Add(LiveEvent.Connecting, address.ToString());
        try
        {
            // A client without a subprotocol cannot send the token as one; it goes into the query, which is not logged.
            if (token is not null) address = With(address, "observer=1");
            if (token is not null && !v1) address = With(address, $"token={Uri.EscapeDataString(token)}");
            string[] protocols = v1 ? token is null ? [V1] : [V1, BearerPrefix + token] : [];
            using var socket = await connect(address, protocols, stop);
            _socket = socket;
            try
            {
                // The stop may have come while the connection was being made.
                stop.ThrowIfCancellationRequested();
                State = LiveState.On;
                Add(LiveEvent.Connected, "");
                await ReadAsync(socket, stop);
            }
            catch (WebSocketException) when (socket.CloseStatus is not null)
            {
                // A browser may report a regular close as a failure.
            }
            finally
            {
                await CloseAsync(socket);
            }

            var code = (int?)socket.CloseStatus ?? 1006;
            Add(LiveEvent.Closed, socket.CloseStatusDescription ?? "", code);
            return (true, code);
        }
        catch (WebSocketException) when (_socket is null)
        {
            Add(LiveEvent.Refused, "");
            return (false, 1006);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Add(LiveEvent.Closed, "", 1000);
            return (true, 1000);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            Add(LiveEvent.Closed, "", 1006);
            return (true, 1006);
        }
        finally
        {
            _socket = null;
            State = LiveState.Off;
        }
    }

    /// <summary>A browser keeps a socket that is not closed open until the tab ends.</summary>
    private static async Task CloseAsync(WebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", timeout.Token);
        }
        catch (Exception e) when (IsClosed(e))
        {
            // The connection is ending anyway.
        }
    }

    private async Task ReadAsync(WebSocket socket, CancellationToken stop)
    {
        var buffer = new byte[16 << 10];
        using var message = new MemoryStream();
        while (true)
        {
            var result = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), stop);
            if (result.MessageType == WebSocketMessageType.Close) return;
            if (message.Length < MaxMessageBytes) message.Write(buffer, 0, result.Count);
            if (!result.EndOfMessage) continue;
            Receive(message.GetBuffer().AsMemory(0, (int)message.Length));
            message.SetLength(0);
        }
    }

    private void Receive(ReadOnlyMemory<byte> utf8)
    {
        Received++;
        var text = Encoding.UTF8.GetString(utf8.Span);
        var (kind, code) = (LiveEvent.Received, (long?)null);
        try
        {
            using var json = JsonDocument.Parse(utf8);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                _position.Update(json.RootElement);
                (kind, code) = Kind(json.RootElement);
            }
        }
        catch (JsonException)
        {
            // Logged as it is.
        }

        Add(kind, text, code);
    }

    private static (LiveEvent Kind, long? Code) Kind(JsonElement message) => LivePosition.Text(message, "type") switch
    {
        "pong" => (LiveEvent.Pong, null),
        "new_notification" => (LiveEvent.Notification, null),
        "subscribed" => (LiveEvent.Subscribed, LivePosition.Number(message, "offset")),
        "gap" => (LiveEvent.Gap, LivePosition.Number(message, "to")),
        "error" => (LiveEvent.Error, null),
        // Only a notification of the REST API has a severity and a channel in its data.
        "message" when message.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("severity", out _) && data.TryGetProperty("channel", out _) =>
            (LiveEvent.Notification, LivePosition.Number(message, "offset")),
        "message" => (LiveEvent.Received, LivePosition.Number(message, "offset")),
        _ => (LiveEvent.Received, null),
    };

    /// <summary>What sending and closing throw when the connection has ended.</summary>
    private static bool IsClosed(Exception e) =>
        e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private static TimeSpan Backoff(int attempt)
    {
        var ceiling = Math.Min(MaxBackoff.TotalMilliseconds, 500 * Math.Pow(2, Math.Min(attempt, 10)));
        // Random, so that clients that were cut off together do not reconnect together.
        return TimeSpan.FromMilliseconds((ceiling / 2) + (Random.Shared.NextDouble() * ceiling / 2));
    }

    /// <summary>Appends to the query of the address.</summary>
    private static Uri With(Uri address, string query)
    {
        if (query.Length == 0) return address;
        var own = address.Query.TrimStart('?');
        return new UriBuilder(address) { Query = own.Length == 0 ? query : $"{own}&{query}" }.Uri;
    }

    private void Add(LiveEvent kind, string text, long? code = null)
    {
        if (text.Length > MaxShownCharacters) text = $"{text.AsSpan(0, MaxShownCharacters)}… ({text.Length})";
        if (_log.Count == MaxLogLines) _log.Dequeue();
        _log.Enqueue(new LiveEntry(++_lines, time.GetUtcNow(), kind, text, code));
        Changed?.Invoke();
    }
}
