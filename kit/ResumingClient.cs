using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace NotifyHub.TestKit;

/// <summary>
/// A client as docs/protocol.md describes it: keeps epoch and offset, and resumes at another gateway when its connection ends.
/// </summary>
public sealed class ResumingClient : IAsyncDisposable
{
    private static readonly TimeSpan ShortDelay = TimeSpan.FromMilliseconds(50);

    // A frozen gateway accepts the connection and never answers the handshake.
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

    /// <summary>The received messages, in order of arrival.</summary>
    public IReadOnlyList<(long Offset, string Data)> Received => [.. _received];

    /// <summary>The first offset that the server reported: the client receives everything above it.</summary>
    public long Start { get; private set; } = -1;

    /// <summary>Everything up to this offset was received.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>How often it has resumed.</summary>
    public int Resumes { get; private set; }

    /// <summary>Violations of the protocol.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    /// <summary>Starts one and waits until it is subscribed.</summary>
    /// <param name="first">The index of the first gateway; on a failure the next one is tried.</param>
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
            catch (Exception e) when (
                e is WebSocketException or ChannelClosedException or TimeoutException or OperationCanceledException)
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
            // No timeout: a quiet channel is no reason to switch gateways.
            var message = JsonElement.Parse(await socket.NextAsync(Timeout.InfiniteTimeSpan));
            switch (message.GetProperty("type").GetString())
            {
                case "message": Take(message); break;
                case "subscribed": Begin(message); break;
                case "reconnect": _returnAfter = TimeSpan.FromMilliseconds(message.GetProperty("after_ms").GetInt32()); break;
                // Refused for now: the next gateway may take it, so the client need not wait for this one.
                case "error" when message.TryGetProperty("again", out var again) && again.GetBoolean(): break;
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
