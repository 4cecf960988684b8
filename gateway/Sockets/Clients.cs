using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The clients of this gateway, from their admission to their end, and the one heartbeat for all of them. What opens and closes is put
/// aside for the next session report.
/// </summary>
public sealed partial class Clients : BackgroundService
{
    /// <summary>Of a gateway that ends, at least so many clients leave a second, however long its drain window: few are no stampede, and
    /// nobody should have to wait for them.</summary>
    public const int LeastClosedPerSecond = 100;

    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrainSlice = TimeSpan.FromMilliseconds(20);

    /// <summary>What a client has to take its close frame when an operator waits for its end.</summary>
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    /// <summary>v1 clients that are sent away come back within this time, each at a moment of its own, so that it is no stampede.</summary>
    private static readonly TimeSpan ReturnSpread = TimeSpan.FromSeconds(2);

    private readonly GatewayOptions _options;
    private readonly GatewayNode _node;
    private readonly ClientReader _reader;
    private readonly Subscriptions _subscriptions;
    private readonly ChannelFollower _follower;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Clients> _logger;
    private readonly Sender[] _senders;
    private readonly ConnectionPlaces _places;
    private readonly FrameRate _rate;
    private readonly ClientMemory _memory;
    private readonly Heartbeat _heartbeat;
    private readonly Action<Client> _ended;
    private readonly ConcurrentDictionary<long, Client> _clients = new();
    private readonly ConcurrentDictionary<string, string> _userAgents = new(StringComparer.Ordinal);
    private long _lastNumber;
    private long _received;
    private int _present;

    public Clients(
        IOptions<GatewayOptions> options,
        GatewayNode node,
        ClientReader reader,
        Subscriptions subscriptions,
        ChannelFollower follower,
        DeliveryTimes times,
        DeliveryCounts counts,
        ClientMemory memory,
        Heartbeat heartbeat,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<Clients> logger,
        ILogger<Sender> senderLogger)
    {
        _options = options.Value;
        (_node, _reader, _subscriptions, _follower, _metrics, _time, _logger) = (node, reader, subscriptions, follower, metrics, time, logger);
        (_memory, _heartbeat) = (memory, heartbeat);
        var senders = _options.Senders > 0 ? _options.Senders : Math.Max(1, Environment.ProcessorCount / 2);
        _senders = [.. Enumerable.Range(0, senders).Select(number => new Sender(number, _options.BacklogBytes, times, counts, senderLogger))];
        _places = new ConnectionPlaces(_options.ClientConnections, _options.ClientConnectionsPerAddress);
        _rate = new FrameRate(_options.ClientMessagesPerSecond);
        _ended = End;
        follower.Appended += Follow;
        metrics.ObserveClients(() => Count, () => Volatile.Read(ref _lastNumber), () => Delivered, () => memory.Used);
        follower.EpochChanged += () => CloseAll(client => client.IsEnveloped, CloseReason.NewEpoch);
    }

    public int Count => _clients.Count;

    /// <summary>Messages sent to clients since the start.</summary>
    public long Sent => _senders.Sum(sender => sender.Sent);

    /// <summary>Messages of the channel sent to clients since the start.</summary>
    public long Delivered => _senders.Sum(sender => sender.Delivered);

    /// <summary>Messages from clients that have ended, and of those connected.</summary>
    public long Received => Volatile.Read(ref _received) + _clients.Values.Sum(client => client.Received);

    /// <summary>Upgrades are taken: the operators want it so and the channel is known.</summary>
    public bool IsOpen => _node.WebSocketListening && _follower.Log is not null;

    /// <summary>
    /// The place in the log where a client of this handshake begins. To be taken before the client is told that it is connected: whatever is
    /// published from then on lies behind it. Whoever is granted one admits the client or calls <see cref="GiveUp"/>.
    /// </summary>
    public Admission Reserve(Handshake handshake, string address, out LogPlace place)
    {
        place = default;
        if (!IsOpen || _follower.Log is not { } log) return Admission.Closed;
        var admission = _places.Take(address);
        if (admission == Admission.Granted) place = new LogPlace(log, (handshake.Protocol.Length > 0 ? log.Envelopes : log.Plain).Head);
        return admission;
    }

    /// <summary>Nobody came for what was reserved.</summary>
    public void GiveUp(string address) => _places.GiveBack(address);

    /// <summary>Takes in a client that has been told that it is connected. The task is its life; it does not fail.</summary>
    /// <param name="handshake">Accepted.</param>
    /// <param name="place">Reserved before it was answered.</param>
    /// <param name="pass">What lets it in.</param>
    /// <param name="userAgent">As told; kept to 255 characters.</param>
    /// <param name="address">Where it comes from, as reserved.</param>
    /// <param name="connection">Where it is.</param>
    public Task Admit(Handshake handshake, LogPlace place, SocketPass pass, string userAgent, string address, ClientConnection connection)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        var opened = new SessionOpened(ConnectionId(number), address, Intern(userAgent), handshake.Protocol, _time.GetUtcNow());
        var sender = _senders[number % _senders.Length];
        var client = new Client(number, opened, connection, sender, _options.OutboxBytes, _memory) { Pass = pass };
        Interlocked.Increment(ref _present);
        _clients[number] = client;
        Changes.Add(opened);
        _subscriptions.Begin(client, handshake, place);
        // A stop that came during the handshake has not seen this client in the list.
        if (!IsOpen) client.Close(_node.Leaving ? CloseReason.ShuttingDown : CloseReason.ServiceStopped);
        // Likewise a channel begun anew.
        if (client.IsEnveloped && _follower.Log != place.Log) client.Close(CloseReason.NewEpoch);
        return _reader.ReadAsync(client, new ClientStream(client, connection, _rate), _ended);
    }

    private void End(Client client)
    {
        Interlocked.Add(ref _received, client.Received);
        _clients.TryRemove(client.Number, out _);
        _places.GiveBack(client.Opened.IpAddress);
        var reason = client.Reason;
        Changes.Add(new SessionClosed(client.Counters(), _time.GetUtcNow(), reason.Abnormal, reason.Text));
        client.HasLeft = true;
        Interlocked.Decrement(ref _present);
        _metrics.Closed(reason);
        if (reason.Abnormal) LogAbnormalEnd(client.Opened.ConnectionId, reason.Code, reason.Text);
    }

    /// <summary>Closes every client with this reason. If they may return, v1 clients are told when, each at another time.</summary>
    /// <returns>Those that were closed; see <see cref="EndedAsync"/>.</returns>
    public IReadOnlyList<Client> CloseAll(CloseReason reason, bool mayReturn)
    {
        Client[] all = [.. _clients.Values];
        foreach (var client in all) Close(client, reason, mayReturn);
        return all;
    }

    /// <summary>Sends every client away to return elsewhere, evenly over the window or faster (<see cref="LeastClosedPerSecond"/>), the rest at
    /// once when there is hurry. Returns when the last one has been told.</summary>
    public async Task CloseAllAsync(CloseReason reason, TimeSpan window, CancellationToken hurry)
    {
        Client[] all = [.. _clients.Values];
        var perSecond = Math.Max(LeastClosedPerSecond, all.Length / Math.Max(window.TotalSeconds, 0.001));
        var begun = _time.GetTimestamp();
        for (var closed = 0; closed < all.Length;)
        {
            // By the clock: a slice that came late must not stretch the window.
            var due = hurry.IsCancellationRequested ? all.Length : 1 + (_time.GetElapsedTime(begun).TotalSeconds * perSecond);
            for (; closed < all.Length && closed < due; closed++) Close(all[closed], reason, mayReturn: true);
            if (closed < all.Length) await Task.Delay(DrainSlice, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes one client for an administrator; answers when it has ended and the grid knows. False: not connected here.</summary>
    public async Task<bool> CloseAsync(string connectionId, CancellationToken cancellation)
    {
        if (Find(connectionId) is not { } client) return false;
        client.Close(CloseReason.ByAdministrator);
        await EndedAsync([client], cancellation);
        return true;
    }

    /// <summary>Waits until these clients, which have been closed, have ended and the grid knows. Whoever does not take its close frame in time is
    /// cut off.</summary>
    public async Task EndedAsync(IReadOnlyList<Client> clients, CancellationToken cancellation)
    {
        var begun = _time.GetTimestamp();
        for (var i = 0; i < clients.Count;)
        {
            if (clients[i].HasLeft) i++;
            else if (_time.GetElapsedTime(begun) < Goodbye) await Task.Delay(DrainSlice, _time, cancellation);
            else
            {
                foreach (var late in clients.Skip(i)) late.Abort(late.Reason);
                await Task.Delay(DrainSlice, _time, cancellation);
            }
        }

        await Changes.WaitUntilReportedAsync(_time, cancellation);
    }

    public LiveCounters[] Describe(IEnumerable<string> connectionIds) =>
        [.. connectionIds.Select(Find).OfType<Client>().Select(client => client.Counters())];

    /// <summary>What opened and closed, for the next session report.</summary>
    public SessionChanges Changes { get; } = new();

    /// <summary>The sessions that are open.</summary>
    public IEnumerable<SessionOpened> Open => _clients.Values.Select(client => client.Opened);

    /// <summary>Waits until every client has ended and its end can be reported, or the time is up.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellation)
    {
        // Not the list: a client leaves it before its end is put aside, and the last report must not be made between the two.
        while (Volatile.Read(ref _present) > 0) await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellation);
    }

    public override void Dispose()
    {
        foreach (var sender in _senders) sender.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Heartbeat.Interval, _time);
        var sampledAt = _time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            _heartbeat.Beat(_clients.Select(entry => entry.Value), Environment.TickCount64);
            if (!_metrics.SamplesClients || _time.GetElapsedTime(sampledAt) < SampleInterval) continue;
            sampledAt = _time.GetTimestamp();
            Sample();
        }
    }

    private void Sample()
    {
        if (_follower.Log is not { } log) return;
        foreach (var (_, client) in _clients)
        {
            _metrics.Sample(client.Lag((client.IsEnveloped ? log.Envelopes : log.Plain).Head), client.OutboxBytes);
        }
    }

    private void Follow(ChannelLog log)
    {
        foreach (var sender in _senders) sender.Follow(log);
    }

    private static void Close(Client client, CloseReason reason, bool mayReturn)
    {
        if (!mayReturn || !client.IsEnveloped)
        {
            client.Close(reason);
            return;
        }

        // In one piece: a message that the sender had for it could otherwise come in between.
        var reconnect = ServerMessage.Reconnect(Random.Shared.Next((int)ReturnSpread.TotalMilliseconds));
        client.Close(reason, [.. reconnect, .. ServerFrame.CloseFrame(reason.Code, reason.Text)]);
    }

    /// <summary>Each of the passes that clients came with, once.</summary>
    public HashSet<SocketPass> Passes() => [.. _clients.Values.Select(client => client.Pass)];

    /// <summary>Closes those clients.</summary>
    public void CloseAll(Func<Client, bool> which, CloseReason reason)
    {
        foreach (var client in _clients.Values.Where(which)) client.Close(reason);
    }

    private string ConnectionId(long number) => $"{_node.Id[^8..]}-{number:x}";

    private Client? Find(string connectionId) =>
        connectionId.StartsWith(_node.Id[^8..] + "-", StringComparison.Ordinal)
        && long.TryParse(connectionId.AsSpan(9), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number)
            ? _clients.GetValueOrDefault(number)
            : null;

    /// <summary>Ten thousand clients of one kind share one text; the bound keeps a visitor who invents new ones from filling memory.</summary>
    private string Intern(string userAgent)
    {
        if (userAgent.Length > 255) userAgent = userAgent[..255];
        if (_userAgents.TryGetValue(userAgent, out var known)) return known;
        if (_userAgents.Count < 1024) _userAgents[userAgent] = userAgent;
        return userAgent;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} ended abnormally: {Code} {Reason}")]
    private partial void LogAbnormalEnd(string connectionId, int code, string reason);
}
