using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The part of a wanted channel or pattern that lies in one log.</summary>
/// <param name="name">The channel or pattern.</param>
/// <param name="options">Of its namespace.</param>
/// <param name="log">The log; 0 for <c>all</c>.</param>
internal sealed class WantedPart(string name, NamespaceOptions options, int log)
{
    public string Name => name;

    public bool IsPattern => name.EndsWith('*');

    public int? HistoryLimit => options.HistoryLimit;

    public int Log => log;

    /// <summary>Behind this offset; null: from now on.</summary>
    public long? After { get; set; }

    /// <summary>No message of the channel has a greater offset, as far as the window knows.</summary>
    public long Newest { get; set; }

    /// <summary>What was behind its place, may have been there and is no longer retained; null: nothing.</summary>
    public (long From, long To)? Gap { get; private set; }

    /// <summary>Made when it is subscribed.</summary>
    public ChannelSubscription? Subscription { get; set; }

    /// <summary>Nothing up to this offset is to be had any more.</summary>
    public void AddGap(long to) => Gap = (Gap?.From ?? (After ?? 0) + 1, Math.Max(to, Gap?.To ?? 0));

    public ChannelRange Range() => new(name, After ?? 0, options.HistoryLimit, options.Retention);
}
