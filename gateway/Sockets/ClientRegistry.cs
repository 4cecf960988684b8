using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The clients of this gateway, from their admission to their end. What opens and closes is put aside for the next session
/// report.
/// </summary>
public sealed partial class ClientRegistry
{
    private const int MaxUserAgents = 1024;
    private const int MaxUserAgentLength = 255;

    private readonly GatewayOptions _options;
    private readonly GatewayNode _node;
    private readonly ClientReader _reader;
    private readonly Subscriptions _subscriptions;
    private readonly ChannelSubscriber _channels;
    private readonly ChannelFollower _follower;
    private readonly SenderPool _senders;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<ClientRegistry> _logger;
    private readonly ConnectionLimiter _limiter;
    private readonly FrameRate _rate;
    private readonly ClientMemory _memory;
    private readonly Action<Client> _ended;
    private readonly ConcurrentDictionary<long, Client> _clients = new();
    private readonly ConcurrentDictionary<string, string> _userAgents = new(StringComparer.Ordinal);
    private long _lastNumber;
    private long _received;
    private int _present;

    public ClientRegistry(
        IOptions<GatewayOptions> options,
        GatewayNode node,
        ClientReader reader,
        Subscriptions subscriptions,
        ChannelSubscriber channels,
        Namespaces namespaces,
        ChannelFollower follower,
        SenderPool senders,
        ClientMemory memory,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<ClientRegistry> logger)
    {
        _options = options.Value;
        (_node, _reader, _subscriptions, _channels, _follower) = (node, reader, subscriptions, channels, follower);
        (_senders, _memory, _metrics, _time, _logger) = (senders, memory, metrics, time, logger);
        _limiter = new ConnectionLimiter(_options.ClientConnections, _options.ClientConnectionsPerAddress);
        _rate = new FrameRate(_options.ClientMessagesPerSecond);
        _ended = End;
        namespaces.Changed += RecheckChannels;
        follower.HasClients = () => Count > 0;
        metrics.ObserveClients(() => Count, () => Volatile.Read(ref _lastNumber), () => senders.Delivered, () => memory.Used);
    }

    public int Count => _clients.Count;

    /// <summary>Clients whose end cannot be reported yet. A client leaves the list before its end is put aside.</summary>
    public int Present => Volatile.Read(ref _present);

    /// <summary>Those connected now.</summary>
    public IEnumerable<Client> All => _clients.Select(entry => entry.Value);

    /// <summary>The sessions that are open.</summary>
    public IEnumerable<SessionOpened> Open => All.Select(client => client.Opened);

    /// <summary>Messages from clients that have ended, and of those connected.</summary>
    public long Received => Volatile.Read(ref _received) + All.Sum(client => client.Received);

    /// <summary>Upgrades are taken: the operators want it so and the channel is known.</summary>
    public bool IsOpen => _node.State.WebSocketListening && _follower.Log is not null;

    /// <summary>What opened and closed, for the next session report.</summary>
    public SessionChanges Changes { get; } = new();

    /// <summary>
    /// The place in the log where a client of this handshake begins. To be taken before the client is sent the upgrade:
    /// whatever is published from then on is behind it. A caller that gets one admits the client or calls <see cref="GiveUp"/>.
    /// </summary>
    public Admission Reserve(Handshake handshake, string address, out LogPlace place)
    {
        place = default;
        if (!IsOpen || _follower.Log is not { } log) return Admission.Closed;
        var admission = _limiter.Take(address);
        if (admission == Admission.Granted)
            place = new LogPlace(log, (handshake.Protocol.Length > 0 ? log.Envelopes : log.Plain).Head);
        return admission;
    }

    /// <summary>No client came for what was reserved.</summary>
    public void GiveUp(string address) => _limiter.GiveBack(address);

    /// <summary>Adds a client that has been sent the upgrade. The task ends with the client; it does not fail.</summary>
    /// <param name="handshake">Accepted.</param>
    /// <param name="place">Reserved before it was answered.</param>
    /// <param name="principal">The caller of its token or key.</param>
    /// <param name="userAgent">Of its request; kept to 255 characters.</param>
    /// <param name="address">Where it comes from, as reserved.</param>
    /// <param name="connection">Its connection.</param>
    public Task Admit(
        Handshake handshake,
        LogPlace place,
        ClientPrincipal principal,
        string userAgent,
        string address,
        ClientConnection connection)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        var opened = new SessionOpened(
            ConnectionId(number), address, Intern(userAgent), handshake.Protocol, _time.GetUtcNow(), principal.Token?.User);
        var client = new Client(number, opened, connection, _senders.Of(number).Queue, _options.OutboxBytes,
            _memory) { Principal = principal };
        Interlocked.Increment(ref _present);
        _clients[number] = client;
        Changes.Add(opened);
        if (handshake.NamesChannels || (handshake.IsV1 && principal.Token is not null)) _channels.Begin(client, handshake);
        else _subscriptions.Begin(client, handshake, place);
        // A stop that came during the handshake has not seen this client in the list.
        if (!IsOpen) client.Close(_node.State.IsLeaving ? CloseReason.ShuttingDown : CloseReason.ServiceStopped);
        // Likewise a new epoch of the channel.
        if (client.IsEnveloped && _follower.Log != place.Log) client.Close(CloseReason.NewEpoch);
        return _reader.ReadAsync(client, new ClientStream(client, connection, _rate), _ended);
    }

    /// <summary>The client with this connection id; null: not connected here.</summary>
    public Client? Find(string connectionId) =>
        connectionId.StartsWith(_node.Id[^8..] + "-", StringComparison.Ordinal)
        && long.TryParse(connectionId.AsSpan(9), NumberStyles.AllowHexSpecifier, null, out var number)
            ? _clients.GetValueOrDefault(number)
            : null;

    public LiveCounters[] Describe(IEnumerable<string> connectionIds) =>
        [.. connectionIds.Select(Find).OfType<Client>().Select(Counters)];

    private void RecheckChannels()
    {
        foreach (var client in All) _channels.Recheck(client);
    }

    private LiveCounters Counters(Client client) => _senders.Of(client.Number).CountersOf(client);

    private void End(Client client)
    {
        Interlocked.Add(ref _received, client.Received);
        _clients.TryRemove(client.Number, out _);
        _limiter.GiveBack(client.Opened.IpAddress);
        var reason = client.Reason;
        Changes.Add(new SessionClosed(Counters(client), _time.GetUtcNow(), reason.Abnormal, reason.Text));
        client.HasLeft = true;
        Interlocked.Decrement(ref _present);
        _metrics.Closed(reason);
        if (reason.Abnormal) LogAbnormalEnd(client.Opened.ConnectionId, reason.Code, reason.Text);
    }

    private string ConnectionId(long number) => $"{_node.Id[^8..]}-{number:x}";

    /// <summary>Ten thousand clients of one kind share one text; the bound keeps a visitor who invents new ones from filling
    /// memory.</summary>
    private string Intern(string userAgent)
    {
        if (userAgent.Length > MaxUserAgentLength) userAgent = userAgent[..MaxUserAgentLength];
        if (_userAgents.TryGetValue(userAgent, out var known)) return known;
        if (_userAgents.Count < MaxUserAgents) _userAgents[userAgent] = userAgent;
        return userAgent;
    }

    [LoggerMessage(4201, LogLevel.Debug, "Connection {ConnectionId} ended abnormally: {Code} {Reason}")]
    private partial void LogAbnormalEnd(string connectionId, int code, string reason);
}
