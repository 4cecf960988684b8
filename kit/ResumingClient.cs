using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace NotifyHub.TestKit;

/// <summary>
/// A client as docs/protocol.md describes it: it remembers epoch and offset, and resumes at another gateway whatever ends its connection.
/// </summary>
public sealed class ResumingClient : IAsyncDisposable
{
    private static readonly TimeSpan ShortDelay = TimeSpan.FromMilliseconds(50);

    // A frozen gateway takes the connection and never answers the handshake.
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyList<NotifyHubProcess> _gateways;
    private readonly ConcurrentQueue<(long Offset, string Data)> _received = new();
    private readonly Task _running;
    private SocketClient? _socket;
    private string _epoch = "";
    private long _offset;
    private int _gateway;
    private TimeSpan _returnAfter = ShortDelay;
    private volatile bool _isStopping;

    private ResumingClient(IReadOnlyList<NotifyHubProcess> gateways, int first)
    {
        (_gateways, _gateway) = (gateways, first);
        _running = RunAsync();
    }

    /// <summary>What came, in the order in which it came.</summary>
    public IReadOnlyList<(long Offset, string Data)> Received => [.. _received];

    /// <summary>The offset it was told first: what it follows lies above.</summary>
    public long Start { get; private set; } = -1;

    /// <summary>Everything up to here has come.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>How often it has come back.</summary>
    public int Resumes { get; private set; }

    /// <summary>Whatever broke a promise of the protocol.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Starts one and waits until it is subscribed.</summary>
    /// <param name="first">The gateway to begin with; on a failure the next one is tried.</param>
    public static async Task<ResumingClient> StartAsync(IReadOnlyList<NotifyHubProcess> gateways, int first)
    {
        var client = new ResumingClient(gateways, first);
        await Until.TrueAsync(() => client.Start >= 0, what: "the client is subscribed");
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        if (_socket is { } socket) await socket.DisposeAsync();
        await _running;
    }

    private async Task RunAsync()
    {
        while (!_isStopping)
        {
            try
            {
                await FollowAsync(_gateways[_gateway % _gateways.Count]);
            }
            catch (Exception e) when (e is WebSocketException or ChannelClosedException or TimeoutException or OperationCanceledException)
            {
                if (_isStopping) return;
                _gateway++;
                await Task.Delay(_returnAfter);
                _returnAfter = ShortDelay;
            }
        }
    }

    private async Task FollowAsync(NotifyHubProcess gateway)
    {
        var query = Start < 0 ? "" : $"?since={_offset}&epoch={_epoch}";
        await using var socket = _socket = await gateway.ConnectAsync(query, v1: true, HandshakeLimit);
        while (!_isStopping)
        {
            // Silence is no reason to go elsewhere.
            var message = JsonElement.Parse(await socket.NextAsync(Timeout.InfiniteTimeSpan));
            switch (message.GetProperty("type").GetString())
            {
                case "message": Take(message); break;
                case "subscribed": Begin(message); break;
                case "reconnect": _returnAfter = TimeSpan.FromMilliseconds(message.GetProperty("after_ms").GetInt32()); break;
                default: Faults.Enqueue(message.GetRawText()); break;
            }
        }
    }

    private void Begin(JsonElement subscribed)
    {
        var epoch = subscribed.GetProperty("epoch").GetString()!;
        if (Start >= 0)
        {
            Resumes++;
            if (epoch != _epoch || !subscribed.GetProperty("recovered").GetBoolean()) Faults.Enqueue(subscribed.GetRawText());
            return;
        }

        (_epoch, _offset) = (epoch, subscribed.GetProperty("offset").GetInt64());
        Start = _offset;
    }

    private void Take(JsonElement message)
    {
        var offset = message.GetProperty("offset").GetInt64();
        if (offset != _offset + 1) Faults.Enqueue($"{offset} came after {_offset}");
        _received.Enqueue((offset, message.GetProperty("data").GetRawText()));
        Volatile.Write(ref _offset, offset);
    }
}
