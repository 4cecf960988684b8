using System.Diagnostics.CodeAnalysis;
using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What a client that uses channels has beside its slot: its subscriptions, and how far all of them are. Owned by the
/// sender's thread.</summary>
/// <param name="client">The client.</param>
/// <param name="slot">Its place in <see cref="ChannelSender"/>.</param>
internal sealed class ChannelClient(Client client, int slot)
{
    private ChannelSubscription? _firstPending;
    private ChannelSubscription? _lastPending;

    public Client Client => client;

    public int Slot { get; set; } = slot;

    public Dictionary<string, ChannelSubscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Those to patterns; null: none.</summary>
    public List<ChannelSubscription>? Patterns { get; private set; }

    /// <summary>Everything up to these offsets was sent of all channels: what the client was told last, or may be told. Null
    /// before its first subscription.</summary>
    public long[]? Sent { get; set; }

    /// <summary>Subscriptions for which missed messages are being read.</summary>
    public int Replaying { get; set; }

    /// <summary>Something was sent since its last position.</summary>
    public bool HasNews { get; set; }

    /// <summary>When it was sent a position or a heartbeat last, in <see cref="Environment.TickCount64"/>.</summary>
    public long BeatAt { get; set; } = Environment.TickCount64;

    /// <summary>Bytes that came while its connection was full.</summary>
    public long LagBytes { get; set; }

    /// <summary>It waits in the sender's list of those with something to send.</summary>
    public bool IsTouched { get; set; }

    public bool HasPending => _firstPending is not null;

    public void Add(ChannelSubscription subscription)
    {
        Subscriptions[subscription.Name] = subscription;
        if (subscription.IsPattern) (Patterns ??= []).Add(subscription);
    }

    public bool TryRemove(string name, [NotNullWhen(true)] out ChannelSubscription? removed)
    {
        if (!Subscriptions.Remove(name, out removed)) return false;
        if (Patterns is not null && Patterns.Remove(removed) && Patterns.Count == 0) Patterns = null;
        return true;
    }

    public void AddPending(ChannelSubscription subscription)
    {
        if (subscription.IsPending) return;
        subscription.IsPending = true;
        if (_lastPending is null) _firstPending = subscription;
        else _lastPending.NextPending = subscription;
        _lastPending = subscription;
    }

    public ChannelSubscription? PeekPending() => _firstPending;

    public void RemovePending()
    {
        var first = _firstPending!;
        _firstPending = first.NextPending;
        if (_firstPending is null) _lastPending = null;
        first.NextPending = null;
        first.IsPending = false;
    }

    public void ClearPending()
    {
        while (HasPending) RemovePending();
    }

    /// <summary>
    /// Whether a frame is this subscription's to send: of several that cover the same message exactly one sends it. A pattern
    /// sends what came since it began, and the most general of several patterns; names and narrower patterns send what came
    /// before.
    /// </summary>
    public bool IsSentBy(ChannelSubscription subscription, ChannelLink link)
    {
        if (Patterns is null) return true;
        var channel = link.Frame.Channel;
        foreach (var pattern in Patterns)
        {
            if (pattern.Name.Length >= subscription.Name.Length && subscription.IsPattern) continue;
            if (!ReferenceEquals(pattern, subscription) && GrainInterfaces.ChannelName.Covers(pattern.Name, channel)
                && PartOf(pattern, subscription.Log) is { IsAttached: true } part && link.Order > part.Boundary) return false;
        }

        // What came before the pattern began, but after a name did, was the name's.
        return !subscription.IsPattern || link.Order > subscription.Boundary
            || !(Subscriptions.TryGetValue(channel, out var own) && own.IsAttached && own.StartOrder < link.Order);
    }

    public static ChannelSubscription? PartOf(ChannelSubscription subscription, int log)
    {
        var part = subscription;
        while (part is not null && part.Log != log) part = part.Sibling;
        return part;
    }
}
