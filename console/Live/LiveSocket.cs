using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace NotifyHub.Console.Live;

/// <summary>One client for a person to play with: connects, pings, shows what comes, and comes back by itself when it is told to.</summary>
/// <param name="connect">Opens a WebSocket; the second argument is the subprotocols to offer.</param>
public sealed class LiveSocket(Func<Uri, IReadOnlyList<string>, CancellationToken, Task<WebSocket>> connect, TimeProvider time) : IDisposable
{
    public const string V1 = "notifyhub.v1";

    private const string BearerPrefix = "notifyhub.bearer.";

    /// <summary>Older lines are forgotten: a page that runs for days must not fill the browser's memory.</summary>
    public const int LogLines = 500;

    private const int ShownCharacters = 4_000;
    private const int LargestMessage = 16 << 20;
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    private readonly Queue<LiveEntry> _log = new();
    private readonly LivePosition _position = new();
    private CancellationTokenSource? _stop;
    private WebSocket? _socket;
    private bool _isDisposed;
    private long _lines;

    /// <summary>Anything that is shown has changed.</summary>
    public event Action? Changed;

    public LiveState State { get; private set; }

    /// <summary>The newest <see cref="LogLines"/>, oldest first.</summary>
    public IReadOnlyCollection<LiveEntry> Log => _log;

    /// <summary>Messages that came since the start.</summary>
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

    /// <summary>Connects, and stays so until told otherwise.</summary>
    /// <param name="v1">Offers <c>notifyhub.v1</c>, and comes back after any ending that is not final.</param>
    /// <param name="since">With <paramref name="v1"/>: begins after this offset.</param>
    /// <param name="token">Shown to the server. A person who looks on is no recipient: what they are sent does not count as delivered.</param>
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
                var (opened, code) = await ServeAsync(With(address, v1 ? _position.Query : ""), v1, token, stop.Token);
                if (opened) attempt = 0;
                if (stop.IsCancellationRequested || !v1 || !MayReturn(code)) break;
                var wait = _position.ReturnAfter ?? Backoff(attempt);
                _position.ReturnAfter = null;
                State = LiveState.Waiting;
                Add(LiveEvent.Returning, "", (long)wait.TotalMilliseconds);
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
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            Add(LiveEvent.NotConnected, "");
        }
    }

    public Task PingAsync() => SendAsync($$"""{"type":"ping","time":{{time.GetUtcNow().ToUnixTimeMilliseconds()}}}""");

    /// <summary>Says goodbye, and does not come back.</summary>
    public async Task DisconnectAsync()
    {
        if (_stop is not { } stop) return;
        Add(LiveEvent.Disconnecting, "");
        try
        {
            if (_socket is { State: WebSocketState.Open } socket)
            {
                // The answer ends it; a server that does not answer is not waited for long.
                stop.CancelAfter(GoodbyePatience);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", stop.Token);
                return;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It is going anyway.
        }

        await stop.CancelAsync();
    }

    public void Clear()
    {
        _log.Clear();
        Changed?.Invoke();
    }

    /// <summary>Says goodbye at once, whatever it was doing: an abandoned socket of a page that was left would stay a client of the grid.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        Changed = null;
        _ = DisconnectAsync();
    }

    /// <summary>Codes that say "don't": NotifyHub's own by their range, and those that a person or a mended client must answer.</summary>
    public static bool MayReturn(int code) => code is not (1000 or 1002 or 1003 or 1007 or 1008 or 1009 or (>= 4500 and <= 4999));

    /// <summary>One connection, from its opening to its end.</summary>
    private async Task<(bool Opened, int Code)> ServeAsync(Uri address, bool v1, string? token, CancellationToken stop)
    {
        State = LiveState.Connecting;
        Add(LiveEvent.Connecting, address.ToString());
        try
        {
            // A plain client has no subprotocol for the server to answer with: then the token goes by the address, which is not shown.
            if (token is not null) address = With(address, "observer=1");
            if (token is not null && !v1) address = With(address, $"token={Uri.EscapeDataString(token)}");
            string[] protocols = v1 ? token is null ? [V1] : [V1, BearerPrefix + token] : [];
            using var socket = await connect(address, protocols, stop);
            _socket = socket;
            try
            {
                // It may have been told to stop just when the connection came about.
                stop.ThrowIfCancellationRequested();
                State = LiveState.On;
                Add(LiveEvent.Connected, "");
                await ReadAsync(socket, stop);
            }
            catch (WebSocketException) when (socket.CloseStatus is not null)
            {
                // A browser may tell the end as a failure although it was a proper goodbye.
            }
            finally
            {
                await LeaveAsync(socket);
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

    /// <summary>In a browser, a socket that is dropped without a goodbye stays open until the tab ends.</summary>
    private static async Task LeaveAsync(WebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var patience = new CancellationTokenSource(GoodbyePatience);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // It is going anyway.
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
            if (message.Length < LargestMessage) message.Write(buffer, 0, result.Count);
            if (!result.EndOfMessage) continue;
            Take(message.GetBuffer().AsMemory(0, (int)message.Length));
            message.SetLength(0);
        }
    }

    private void Take(ReadOnlyMemory<byte> utf8)
    {
        Received++;
        var text = Encoding.UTF8.GetString(utf8.Span);
        var (kind, code) = (LiveEvent.Received, (long?)null);
        try
        {
            using var json = JsonDocument.Parse(utf8);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                _position.Take(json.RootElement);
                (kind, code) = Kind(json.RootElement);
            }
        }
        catch (JsonException)
        {
            // Shown as it is.
        }

        Add(kind, text, code);
    }

    private static (LiveEvent Kind, long? Code) Kind(JsonElement message) => LivePosition.Text(message, "type") switch
    {
        "pong" => (LiveEvent.Pong, null),
        "new_notification" => (LiveEvent.Notification, null),
        "subscribed" => (LiveEvent.Subscribed, LivePosition.Number(message, "offset")),
        "gap" => (LiveEvent.Gap, LivePosition.Number(message, "to")),
        // In its envelope a notification of the REST API is known by its data: it alone carries the channel it went to.
        "message" when message.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("severity", out _)
            && data.TryGetProperty("channel", out _) => (LiveEvent.Notification, LivePosition.Number(message, "offset")),
        "message" => (LiveEvent.Received, LivePosition.Number(message, "offset")),
        _ => (LiveEvent.Received, null),
    };

    private static TimeSpan Backoff(int attempt)
    {
        var most = Math.Min(LongestWait.TotalMilliseconds, 500 * Math.Pow(2, Math.Min(attempt, 10)));
        // Random: those that were cut off together do not come back together.
        return TimeSpan.FromMilliseconds((most / 2) + (Random.Shared.NextDouble() * most / 2));
    }

    /// <summary>The address with this behind what its query says already.</summary>
    private static Uri With(Uri address, string query)
    {
        if (query.Length == 0) return address;
        var own = address.Query.TrimStart('?');
        return new UriBuilder(address) { Query = own.Length == 0 ? query : $"{own}&{query}" }.Uri;
    }

    private void Add(LiveEvent kind, string text, long? code = null)
    {
        if (text.Length > ShownCharacters) text = $"{text.AsSpan(0, ShownCharacters)}… ({text.Length})";
        if (_log.Count == LogLines) _log.Dequeue();
        _log.Enqueue(new LiveEntry(++_lines, time.GetUtcNow(), kind, text, code));
        Changed?.Invoke();
    }
}
