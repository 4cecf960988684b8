using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A client's cursor, and where its bytes go.</summary>
internal struct Seat
{
    /// <summary>Where the cursor stands; null: it follows nothing, not yet or not any more.</summary>
    public Segment? Segment;

    /// <summary>The last offset before the cursor, as far as whole batches were sent.</summary>
    public long Offset;

    /// <summary>Messages of the log sent so far.</summary>
    public long Sent;

    public int Position;

    /// <summary>The number that <see cref="DirectSocket"/> knows the connection by; -1: it goes through <see cref="Client.Send"/>.</summary>
    public int Socket;

    /// <summary>Nothing is being sent in the background: the sender may write.</summary>
    public bool IsIdle;

    /// <summary>How many bytes of the live log the client has yet to get; 0 while it reads pages of history, which keep none of
    /// the log in memory and are bounded by <see cref="ClientMemory"/>.</summary>
    public readonly long Lag(LogHead head) => Segment is { IsPage: false } segment ? head.Bytes - (segment.Start + Position) : 0;

    /// <summary>All up to this offset is sent; answers how many messages that were.</summary>
    public long Reach(long offset)
    {
        var count = offset - Offset;
        Offset = offset;
        Sent += count;
        return count;
    }
}
