using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace NotifyHub.TestKit;

/// <summary>
/// A client of channels that remembers what it should: the position told last, and of each channel the highest offset that it
/// has handled. It comes back with the position, at the next gateway, when its connection ends.
/// </summary>
public sealed class ResumingChannelClient : IAsyncDisposable
{
    private static readonly TimeSpan ReturnAfter = TimeSpan.FromMilliseconds(50);

    // A frozen gateway accepts the connection and never answers the handshake.
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyList<NotifyHubProcess> _gateways;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<(long Offset, string Data)>> _handled = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];
    private readonly Task _running;
    private Dictionary<string, long> _ofThisConnection = [];
    private SocketClient? _socket;
    private int _gateway;
    private int _count;
    private int _repeats;
    private int _subscribed;
    private string? _position;
    private string? _epoch;
    private volatile bool _isStopping;

    private ResumingChannelClient(
        IReadOnlyList<NotifyHubProcess> gateways, int first, IReadOnlyList<string> channels, string? position)
    {
        (_gateways, _gateway, Channels, _position) = (gateways, first, channels, position);
        _running = RunAsync();
    }

    /// <summary>The names and patterns that it follows.</summary>
    public IReadOnlyList<string> Channels { get; }

    /// <summary>Messages that it has handled.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Messages that came again after a cut, and were dropped.</summary>
    public int Repeats => Volatile.Read(ref _repeats);

    /// <summary>How often it has come back.</summary>
    public int Resumes => Math.Max(0, Volatile.Read(ref _subscribed) - 1);

    /// <summary>What it remembers; null: nothing yet.</summary>
    public string? Position => Volatile.Read(ref _position);

    /// <summary>Violations of the contract.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_gate) return [.. _faults];
        }
    }

    /// <summary>Starts one and waits until it is subscribed.</summary>
    /// <param name="gateways">Where it may connect.</param>
    /// <param name="first">The index of the first one; on a failure the next one is tried.</param>
    /// <param name="channels">Names and patterns.</param>
    /// <param name="position">Where it begins; null: now.</param>
    public static async Task<ResumingChannelClient> StartAsync(
        IReadOnlyList<NotifyHubProcess> gateways, int first, IReadOnlyList<string> channels, string? position = null)
    {
        var client = new ResumingChannelClient(gateways, first, channels, position);
        await Until.TrueAsync(
            () => Volatile.Read(ref client._subscribed) > 0, () => string.Join('\n', client.Faults), "the client is subscribed");
        return client;
    }

    /// <summary>What it handled of a channel, in order of arrival.</summary>
    public IReadOnlyList<(long Offset, string Data)> Handled(string channel)
    {
        lock (_gate) return _handled.TryGetValue(channel, out var handled) ? [.. handled] : [];
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
                await Task.Delay(ReturnAfter);
            }
        }
    }

    private async Task FollowAsync(NotifyHubProcess gateway)
    {
        var query = $"?channels={string.Join(',', Channels)}" + (_position is null ? "" : $"&position={_position}");
        await using var socket = _socket = await gateway.ConnectAsync(query, v1: true, HandshakeLimit);
        _ofThisConnection = new(StringComparer.Ordinal);
        while (!_isStopping)
        {
            var frame = JsonElement.Parse(await socket.NextAsync(Timeout.InfiniteTimeSpan));
            switch (frame.GetProperty("type").GetString())
            {
                case "message": Take(frame); break;
                case "subscribed": Begin(frame); break;
                case "position": Volatile.Write(ref _position, frame.GetProperty("position").GetString()); break;
                case "heartbeat" or "reconnect": break;
                // Refused for now: its connection is closed next.
                case "error" when frame.TryGetProperty("again", out var again) && again.GetBoolean(): break;
                default: Fault(frame.GetRawText()); break;
            }
        }
    }

    private void Begin(JsonElement subscribed)
    {
        var isReturn = _position is not null;
        var epoch = subscribed.GetProperty("epoch").GetString();
        var channels = subscribed.GetProperty("channels");
        if (channels.GetArrayLength() != Channels.Count
            || subscribed.GetProperty("refused").GetArrayLength() > 0
            || (_epoch is not null && epoch != _epoch)
            || (isReturn && channels.EnumerateArray().Any(one =>
                !one.GetProperty("recovered").GetBoolean() || one.TryGetProperty("gap", out _))))
            Fault(subscribed.GetRawText());
        _epoch = epoch;
        Volatile.Write(ref _position, subscribed.GetProperty("position").GetString());
        Interlocked.Increment(ref _subscribed);
    }

    private void Take(JsonElement message)
    {
        var channel = message.GetProperty("channel").GetString()!;
        var offset = message.GetProperty("offset").GetInt64();
        if (_ofThisConnection.TryGetValue(channel, out var before) && offset <= before)
            Fault($"{channel}: {offset} came after {before} on one connection");
        _ofThisConnection[channel] = offset;
        lock (_gate)
        {
            if (!_handled.TryGetValue(channel, out var handled)) _handled.Add(channel, handled = []);
            if (handled is [.., var last] && offset <= last.Offset)
            {
                _repeats++;
                return;
            }

            handled.Add((offset, message.GetProperty("data").GetRawText()));
        }

        Interlocked.Increment(ref _count);
    }

    private void Fault(string what)
    {
        lock (_gate) _faults.Add(what);
    }
}
