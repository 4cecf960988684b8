using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>A client's cursor, and where its bytes go.</summary>
internal struct CursorSlot
{
    /// <summary>Where the cursor is; null: it follows nothing yet, or nothing any more.</summary>
    public Segment? Segment;

    /// <summary>The last offset before the cursor, as far as whole batches were sent.</summary>
    public long Offset;

    /// <summary>Messages of the log sent so far.</summary>
    public long Sent;

    public int Position;

    /// <summary>The socket's number, for <see cref="DirectSocket"/>; -1: the client has to be asked to send.</summary>
    public int Socket;

    /// <summary>Nothing is being sent in the background: the sender may write.</summary>
    public bool IsWritable;

    /// <summary>Bytes of the live log that the client has yet to be sent; 0 while it reads pages of history, which keep none of
    /// the log in memory and are bounded by <see cref="ClientMemory"/>.</summary>
    public readonly long Lag(LogHead head) => Segment is { IsPage: false } segment ? head.Bytes - (segment.Start + Position) : 0;

    /// <summary>Everything up to this offset was sent. Returns how many messages that were.</summary>
    public long AdvanceTo(long offset)
    {
        var count = offset - Offset;
        Offset = offset;
        Sent += count;
        return count;
    }
}
