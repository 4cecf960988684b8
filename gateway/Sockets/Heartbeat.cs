using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Checks each client twice per second: whether it is alive, whether it takes what waits for it, and, when the clients' memory is
/// short, which clients have held theirs the longest. Keeps a few timestamps per client and nothing else.
/// </summary>
public sealed partial class Heartbeat(GatewayOptions options, ClientMemory memory, History history, ILogger<Heartbeat> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Clients that have held memory for less than this are not disconnected: they are making progress.</summary>
    private const long MinHeldMilliseconds = 3_000;

    /// <summary>Between two log lines about memory that is short.</summary>
    private const long LogMilliseconds = 60_000;

    private long _cutOff;
    private long? _loggedAt;

    /// <param name="clients">All of this gateway.</param>
    /// <param name="now">Milliseconds, as <see cref="Environment.TickCount64"/> has them.</param>
    public void Beat(IEnumerable<Client> clients, long now)
    {
        // Pages without readers are freed before any client is disconnected.
        if (memory.Shortage > 0) history.Trim();
        var shortage = memory.Shortage;
        List<Client>? holders = null;
        foreach (var client in clients)
        {
            Check(client, now);
            if (shortage > 0 && client.HeldBytes > 0 && now - client.HeldSince(now) >= MinHeldMilliseconds)
                (holders ??= []).Add(client);
        }

        if (holders is not null) Relieve(holders, shortage, now);
    }

    private void Check(Client client, long now)
    {
        if (client.Closing)
        {
            if (now - client.ClosingSince > options.CloseGrace.TotalMilliseconds) client.Abort(client.Reason);
        }
        else if (client.IsSending)
        {
            // What it takes proves that it lives, and a ping would only wait behind it.
            if (client.StalledFor(now) > options.SendTimeout.TotalMilliseconds) client.Close(CloseReason.TooSlow);
            else client.LastHeard = client.LastPinged = now;
        }
        else if (client.IsReadingPaused)
        {
            // It may have said much that was not read yet.
            client.LastHeard = now;
        }
        else if (now - client.LastHeard > 2 * options.PingInterval.TotalMilliseconds + Interval.TotalMilliseconds)
        {
            client.Abort(CloseReason.Dead);
        }
        else if (now - client.LastPinged >= options.PingInterval.TotalMilliseconds)
        {
            client.LastPinged = now;
            client.Queue(ServerFrame.EmptyPing);
        }
    }

    /// <summary>Frees what is missing, and some more, so that who waits does not do so for the next beat. Reset at once: a close
    /// frame would wait behind what the client does not take, and the memory with it.</summary>
    private void Relieve(List<Client> holders, long shortage, long now)
    {
        var missing = Math.Max(shortage, memory.MaxBytes / 8);
        foreach (var client in holders.OrderBy(client => client.HeldSince(now)))
        {
            if (missing <= 0) break;
            missing -= client.HeldBytes;
            client.Abort(CloseReason.TooSlow);
            _cutOff++;
        }

        if (_loggedAt is { } at && now - at < LogMilliseconds) return;
        _loggedAt = now;
        LogShort(memory.MaxBytes, _cutOff);
        _cutOff = 0;
    }

    [LoggerMessage(4401, LogLevel.Warning,
        "Clients use all of ClientMemoryBytes ({Bytes}): the {Clients} that held theirs longest were disconnected")]
    private partial void LogShort(long bytes, long clients);
}
