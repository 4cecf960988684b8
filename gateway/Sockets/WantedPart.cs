using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The part of a wanted channel that lies in one log.</summary>
/// <param name="channel">The channel or pattern.</param>
/// <param name="log">The log; 0 for <c>all</c>.</param>
internal sealed class WantedPart(WantedChannel channel, int log)
{
    public WantedChannel Channel => channel;

    public int Log => log;

    /// <summary>Behind this offset; null: from now on.</summary>
    public long? After { get; set; }

    /// <summary>No message of the channel has a greater offset, as far as the window knows.</summary>
    public long Newest { get; set; }

    /// <summary>Made when it is subscribed.</summary>
    public ChannelSubscription? Subscription { get; set; }

    public ChannelRange Range() => new(channel.Name, After ?? 0, channel.Options.HistoryLimit, channel.Options.Retention);
}
