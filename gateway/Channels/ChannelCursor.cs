namespace NotifyHub.Gateway.Channels;

/// <summary>
/// A subscription's place in a thread. Owned by its sender's thread. It holds no frame while nothing is to be sent: what is new
/// is found by the news.
/// </summary>
public class ChannelCursor
{
    /// <summary>The next to be sent; null: everything has been.</summary>
    public ChannelLink? At { get; set; }

    /// <summary>The last one that was sent or skipped.</summary>
    public long Order { get; set; }

    /// <summary>Bytes of the thread that it has heard of.</summary>
    public long KnownBytes { get; set; }

    /// <summary>What it has to send is not new: it skips what is no longer retained.</summary>
    public bool IsLate { get; set; }

    internal ChannelCursor? Next { get; set; }

    internal ChannelCursor? Previous { get; set; }

    /// <summary>The next of the same listeners.</summary>
    public ChannelCursor? NextListener => Next;
}
