using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A client's subscription to a channel, or the part of one to a pattern that lies in one log. Owned by the sender's
/// thread.</summary>
/// <param name="slot">Of its client in <see cref="ChannelSender"/>.</param>
/// <param name="name">The name or pattern.</param>
/// <param name="log">The log; 0 for <c>all</c>, which the client's slot follows.</param>
internal sealed class ChannelSubscription(int slot, string name, int log) : ChannelCursor
{
    public int Slot { get; set; } = slot;

    public string Name => name;

    public int Log => log;

    public bool IsPattern => name.EndsWith('*');

    /// <summary>It follows the window. Before that, what it missed is read from the log.</summary>
    public bool IsAttached { get; set; }

    /// <summary>It has ended: what was read for it is not sent.</summary>
    public bool IsOver { get; set; }

    /// <summary>The last frame of the window that it does not send because it came before the subscription's place.</summary>
    public long StartOrder { get; set; }

    /// <summary>The newest frame of the window when it began to follow it.</summary>
    public long Boundary { get; set; }

    /// <summary>The part of the same pattern in the next log.</summary>
    public ChannelSubscription? Sibling { get; set; }

    /// <summary>The next one of the client that has something to send.</summary>
    public ChannelSubscription? NextPending { get; set; }

    public bool IsPending { get; set; }
}
