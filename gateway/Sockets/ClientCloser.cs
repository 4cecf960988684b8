using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>Closes clients on behalf of the service: all of them at once or over a window, some of them, or one.</summary>
public sealed class ClientCloser
{
    /// <summary>A stopping gateway closes at least this many clients per second, however long its drain window: a few clients
    /// are no stampede, and should not prolong the stop.</summary>
    public const int MinClosedPerSecond = 100;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>The time that a client has to take its close frame when an operator waits for its end.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>v1 clients that may return get a random delay within this time, to avoid a
    /// stampede.</summary>
    private static readonly TimeSpan ReconnectSpread = TimeSpan.FromSeconds(2);

    private readonly ClientRegistry _clients;
    private readonly TimeProvider _time;

    public ClientCloser(ClientRegistry clients, ChannelFollower follower, ChannelLogs logs, TimeProvider time)
    {
        (_clients, _time) = (clients, time);
        logs.EpochChanged += () => CloseAll(client => client.UsesChannels, CloseReason.NewEpoch);
        follower.EpochChanged += () => CloseAll(client => client.IsEnveloped, CloseReason.NewEpoch);
    }

    /// <summary>Closes every client with this reason. If they may return, v1 clients are sent when, each at another
    /// time.</summary>
    /// <returns>Those that were closed; see <see cref="EndedAsync"/>.</returns>
    public IReadOnlyList<Client> CloseAll(CloseReason reason, bool mayReturn)
    {
        Client[] all = [.. _clients.All];
        foreach (var client in all) Close(client, reason, mayReturn);
        return all;
    }

    /// <summary>Closes the clients that match.</summary>
    public void CloseAll(Func<Client, bool> match, CloseReason reason)
    {
        foreach (var client in _clients.All.Where(match)) client.Close(reason);
    }

    /// <summary>Closes every client, evenly over the window or faster (<see cref="MinClosedPerSecond"/>), so that they return
    /// elsewhere. When <paramref name="closeNow"/> is cancelled, the rest is closed at once. Returns when the last close frame is
    /// queued.</summary>
    public async Task CloseAllAsync(CloseReason reason, TimeSpan window, CancellationToken closeNow)
    {
        Client[] all = [.. _clients.All];
        var perSecond = Math.Max(MinClosedPerSecond, all.Length / Math.Max(window.TotalSeconds, 0.001));
        var begun = _time.GetTimestamp();
        for (var closed = 0; closed < all.Length;)
        {
            // By the clock: a delay that took longer must not stretch the window.
            var due = closeNow.IsCancellationRequested ? all.Length : 1 + (_time.GetElapsedTime(begun).TotalSeconds * perSecond);
            for (; closed < all.Length && closed < due; closed++) Close(all[closed], reason, mayReturn: true);
            if (closed < all.Length)
                await Task.Delay(PollInterval, _time, closeNow).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes one client for an administrator. Returns when it has ended and the grid knows. False: not connected
    /// here.</summary>
    public async Task<bool> CloseAsync(string connectionId, CancellationToken cancellation)
    {
        if (_clients.Find(connectionId) is not { } client) return false;
        client.Close(CloseReason.ByAdministrator);
        await EndedAsync([client], cancellation);
        return true;
    }

    /// <summary>Waits until these clients, which were closed, have ended and the grid knows. Those that do not take their close
    /// frame in time are aborted.</summary>
    public async Task EndedAsync(IReadOnlyList<Client> closed, CancellationToken cancellation)
    {
        var begun = _time.GetTimestamp();
        for (var i = 0; i < closed.Count;)
        {
            if (closed[i].HasLeft) i++;
            else if (_time.GetElapsedTime(begun) < CloseTimeout) await Task.Delay(PollInterval, _time, cancellation);
            else
            {
                foreach (var late in closed.Skip(i)) late.Abort(late.Reason);
                await Task.Delay(PollInterval, _time, cancellation);
            }
        }

        await _clients.Changes.WaitUntilReportedAsync(_time, cancellation);
    }

    /// <summary>Waits until every client has ended and its end can be reported.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancellation)
    {
        while (_clients.Present > 0) await Task.Delay(PollInterval, _time, cancellation);
    }

    private static void Close(Client client, CloseReason reason, bool mayReturn)
    {
        if (!mayReturn || !client.IsEnveloped)
        {
            client.Close(reason);
            return;
        }

        // As one piece: otherwise a message from the log could come in between.
        var reconnect = ServerMessage.Reconnect(Random.Shared.Next((int)ReconnectSpread.TotalMilliseconds));
        client.Close(reason, [.. reconnect, .. ServerFrame.CloseFrame(reason.Code, reason.Text)]);
    }
}
