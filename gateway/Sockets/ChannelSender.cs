using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The part of a <see cref="Sender"/> that serves subscriptions to channels. What has news is in a queue; a pass takes each
/// thread with news to its cursors, and sends each client what it has in one call. A client's position is the heads that were
/// read before the pass: once nothing waits for it, everything up to them was sent.
/// </summary>
/// <param name="logs">The windows.</param>
/// <param name="link">To the sender's clients.</param>
/// <param name="backlogBytes">Bytes that may wait for a client whose connection is full.</param>
/// <param name="beat">How often at least a client gets a frame.</param>
public sealed class ChannelSender(ChannelLogs logs, ISenderLink link, int backlogBytes, TimeSpan beat)
{
    private readonly SenderCommands _commands = new(link.Wake);
    private readonly ChannelPositions _positions = new(logs, link, beat);
    private readonly ThreadNews<ChannelListeners> _news = new(link.Wake);
    private readonly Dictionary<Client, ChannelClient> _bySocket = [];
    private readonly List<ChannelClient?> _clients = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<ChannelClient> _touched = [];
    private volatile bool _isBeatDue;

    /// <summary>Clients that use channels.</summary>
    public int Count => _bySocket.Count;

    /// <summary>Has this done for a client on the sender's thread, in order. Of one that has ended nothing is done.</summary>
    public void Post(Client client, Action<Client> run) => _commands.Post(client, run);

    /// <summary>The same, for who waits for the result; default: the client ended before.</summary>
    public Task<T?> RunAsync<T>(Client client, Func<Client, T> run) => _commands.RunAsync(client, run);

    /// <summary>Positions and heartbeats are looked after. For any thread.</summary>
    public void Beat()
    {
        _isBeatDue = true;
        link.Wake();
    }

    // --- The sender's thread ---

    internal void RunCommands() => _commands.RunAll();

    /// <summary>Sends what is new.</summary>
    internal void Pass(long head)
    {
        if (logs.Count == 0 || (_bySocket.Count == 0 && _commands.IsEmpty)) return;
        // First the heads, then the news: what comes in between is sent early, never missed.
        _positions.ReadHeads(head);
        while (_news.TryTake(out var listeners)) Announce(listeners);
        _positions.TakeHeads();
        foreach (var client in _touched)
        {
            client.IsTouched = false;
            SendPending(client);
        }

        _touched.Clear();
        if (!_isBeatDue) return;
        _isBeatDue = false;
        var now = Environment.TickCount64;
        foreach (var client in _clients)
            if (client is not null) _positions.Beat(client, now);
    }

    /// <summary>A client's connection takes more, or its answers are sent.</summary>
    internal void Serve(Client client)
    {
        if (_bySocket.Count > 0 && _bySocket.TryGetValue(client, out var found)) SendPending(found);
    }

    /// <summary>The client has ended.</summary>
    internal void Remove(Client client)
    {
        if (_bySocket.Count == 0 || !_bySocket.Remove(client, out var found)) return;
        foreach (var name in found.Subscriptions.Keys.ToArray()) Unsubscribe(found, name);
        found.ClearPending();
        _clients[found.Slot] = null;
        _freeSlots.Push(found.Slot);
    }

    /// <summary>Subscribes to what the windows cover. Answers the parts that they do not, or no longer: what these missed is read
    /// from the logs first.</summary>
    internal List<WantedPart> Subscribe(Client client, IReadOnlyList<WantedChannel> wanted, long now)
    {
        var found = Of(client);
        List<WantedPart> missing = [];
        foreach (var channel in wanted)
        {
            // The window's own answer, where it is asked, is closer.
            foreach (var part in channel.Parts)
                if (part.Log != GrainKeys.PublicLog) part.Newest = logs[part.Log].Window.Head;
            // Without a place a subscription that exists stays where it is.
            if (!channel.HasPlace && found.Subscriptions.ContainsKey(channel.Name)) continue;
            Unsubscribe(found, channel.Name);
            ChannelSubscription? later = null;
            foreach (var part in channel.Parts)
            {
                var subscription = new ChannelSubscription(found.Slot, channel.Name, part.Log) { Sibling = later };
                part.Subscription = later = subscription;
            }

            found.Add(later!);
            foreach (var part in channel.Parts)
                if (part.Log != GrainKeys.PublicLog && !TryAttach(found, part, now)) missing.Add(part);
        }

        found.Replaying += missing.Count;
        return missing;
    }

    /// <summary>What a part missed up to an offset was sent, and it follows the window from there. False: the window begins
    /// later.</summary>
    internal bool TryFollow(Client client, WantedPart part, long now)
    {
        var found = Of(client);
        if (part.Subscription is not { IsOver: false }) return true;
        if (!TryAttach(found, part, now)) return false;
        SendPending(found);
        return true;
    }

    /// <summary>All that a part missed has been sent, or it has ended.</summary>
    internal void EndReplay(Client client)
    {
        var found = Of(client);
        found.Replaying--;
        found.HasNews = true;
    }

    /// <summary>Sends frames that were read for subscriptions which have not ended meanwhile.</summary>
    internal void SendRead(Client client, IEnumerable<(WantedPart Part, byte[] Frame)> frames)
    {
        foreach (var (part, frame) in frames)
        {
            if (part.Subscription is not { IsOver: false }) continue;
            client.Queue(frame);
            link.Count(client, 1);
        }

        Of(client).HasNews = true;
    }

    /// <summary>Ends subscriptions. Answers the names of those that there were.</summary>
    internal List<string> Unsubscribe(Client client, IEnumerable<string> names)
    {
        var found = Of(client);
        List<string> ended = [];
        foreach (var name in names)
            if (Unsubscribe(found, name)) ended.Add(name);
        return ended;
    }

    /// <summary>The names and patterns that the client is subscribed to.</summary>
    internal IReadOnlyCollection<string> SubscriptionsOf(Client client) => Of(client).Subscriptions.Keys;

    /// <summary>Where the client stands, for an answer that is sent before anything else.</summary>
    /// <param name="client">The client.</param>
    /// <param name="starts">Places that are further back, by log; null: none.</param>
    internal string PositionOf(Client client, long[]? starts) => _positions.Of(Of(client), starts);

    /// <summary>Begins at a position: what the client brought.</summary>
    internal void BeginAt(Client client, long[] position) => Of(client).Sent = [.. position];

    /// <summary>The client follows <c>all</c>, and did before it used channels.</summary>
    internal void FollowAll(Client client)
    {
        var found = Of(client);
        if (!found.Subscriptions.ContainsKey(GrainKeys.PublicChannel))
            found.Add(new ChannelSubscription(found.Slot, GrainKeys.PublicChannel, GrainKeys.PublicLog) { IsAttached = true });
    }

    private ChannelClient Of(Client client)
    {
        if (_bySocket.TryGetValue(client, out var found)) return found;
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _clients.Count;
            _clients.Add(null);
        }

        found = new ChannelClient(client, slot);
        _clients[slot] = found;
        _bySocket.Add(client, found);
        return found;
    }

    private bool TryAttach(ChannelClient client, WantedPart part, long now)
    {
        var subscription = part.Subscription!;
        if (!logs[part.Log].Window.TryAttach(
                subscription.Name, _news, subscription, part.After, part.HistoryLimit, now, out var attachment)) return false;
        subscription.IsAttached = true;
        subscription.StartOrder = attachment.Order;
        subscription.Boundary = attachment.Boundary;
        part.Newest = attachment.Newest;
        if (attachment.Skipped > 0) part.AddGap(attachment.Skipped);
        if (subscription.At is not null) client.AddPending(subscription);
        return true;
    }

    private bool Unsubscribe(ChannelClient client, string name)
    {
        if (!client.TryRemove(name, out var ended)) return false;
        for (var part = ended; part is not null; part = part.Sibling)
        {
            part.IsOver = true;
            if (part.Log == GrainKeys.PublicLog) link.StopLog(client.Client);
            else if (part.IsAttached) Detach(client, part);
        }

        return true;
    }

    private void Detach(ChannelClient client, ChannelSubscription part)
    {
        var window = logs[part.Log].Window;
        window.Detach(part.Name, _news, part);
        part.IsAttached = false;
        if (!part.IsPattern || part.At is null) return;
        // What it had not sent yet is now for those that it spoke for.
        foreach (var (name, other) in client.Subscriptions)
        {
            if (!ChannelName.Covers(part.Name, name)
                || ChannelClient.PartOf(other, part.Log) is not { IsAttached: true } own) continue;
            own.Order = Math.Min(own.Order, part.Order);
            own.At = window.Behind(name, own.Order);
            if (own.At is not null) client.AddPending(own);
        }
    }

    private void Announce(ChannelListeners listeners)
    {
        var first = listeners.TakeNews();
        var bytes = listeners.Bytes;
        for (var cursor = listeners.First; cursor is not null; cursor = cursor.NextListener)
        {
            var subscription = (ChannelSubscription)cursor;
            var client = _clients[subscription.Slot]!;
            subscription.At ??= first;
            client.AddPending(subscription);
            if (!client.IsTouched)
            {
                client.IsTouched = true;
                _touched.Add(client);
            }

            var added = bytes - subscription.KnownBytes;
            subscription.KnownBytes = bytes;
            if (!link.IsFull(client.Client)) continue;
            subscription.IsLate = true;
            client.LagBytes += added;
            if (client.LagBytes > backlogBytes) client.Client.Close(CloseReason.TooSlow);
        }
    }

    /// <summary>Sends what waits for the client, as much as its connection takes.</summary>
    private void SendPending(ChannelClient client)
    {
        if (!client.HasPending) return;
        if (client.Client.Closing || client.Client.Ended)
        {
            client.ClearPending();
            return;
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        while (client.HasPending && link.CanSend(client.Client))
        {
            var joined = link.Joined;
            var (length, count) = (0, 0L);
            byte[]? single = null;
            while (client.PeekPending() is { } subscription
                && Gather(client, subscription, joined, now, ref length, ref count, ref single))
            {
                client.RemovePending();
            }


            if (count == 0) continue;
            client.HasNews = true;
            link.Count(client.Client, count);
            if (single is not null) link.Send(client.Client, single, single.Length);
            else link.Send(client.Client, joined, length);
        }

        if (!client.HasPending) client.LagBytes = 0;
    }

    /// <summary>Copies what a subscription has to send. False: no more fits.</summary>
    private static bool Gather(
        ChannelClient client,
        ChannelSubscription subscription,
        byte[] joined,
        long now,
        ref int length,
        ref long count,
        ref byte[]? single)
    {
        for (var at = subscription.At; at is not null; at = at.Next)
        {
            var frame = at.Frame;
            if (at.Order > subscription.Order && IsWanted(client, subscription, at, now))
            {
                if (single is not null || length + frame.Bytes.Length > joined.Length)
                {
                    // One that fits nowhere goes alone.
                    if (count > 0)
                    {
                        subscription.At = at;
                        return false;
                    }

                    single = frame.Bytes;
                }
                else
                {
                    frame.Bytes.CopyTo(joined, length);
                    length += frame.Bytes.Length;
                }

                count++;
            }

            subscription.Order = Math.Max(subscription.Order, at.Order);
        }

        subscription.At = null;
        subscription.IsLate = false;
        return true;
    }

    private static bool IsWanted(ChannelClient client, ChannelSubscription subscription, ChannelLink link, long now) =>
        (!subscription.IsLate || (link.Frame.Offset > 0 && link.Frame.IsRetainedAt(now)))
        && client.IsSentBy(subscription, link);
}
