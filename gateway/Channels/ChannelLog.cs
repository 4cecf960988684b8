using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// This gateway's copy of the newest part of a channel: every message encoded once in each wire form. Takes batches in order
/// only; who calls it fills the holes (see <c>ChannelFollower</c>).
/// </summary>
public sealed class ChannelLog
{
    private readonly Lock _writing = new();
    private bool _isOver;

    /// <param name="head">Where the channel stands when the log begins.</param>
    /// <param name="historyBytes">How much is kept for clients that resume.</param>
    public ChannelLog(ChannelHead head, int historyBytes) : this(head, historyBytes, previous: null)
    {
    }

    private ChannelLog(ChannelHead head, int historyBytes, LogHead? previous)
    {
        Epoch = head.Epoch;
        // Plain clients never resume, so their log keeps nothing behind its cursors.
        Plain = new FrameLog(WireForm.WritePlain, head.Head, historyBytes: 0, previous);
        Envelopes = new FrameLog(WireForm.WriteEnvelope, head.Head, historyBytes);
    }

    /// <summary>The epoch of the channel's log.</summary>
    public string Epoch { get; }

    public FrameLog Plain { get; }

    public FrameLog Envelopes { get; }

    /// <summary>The newest offset here.</summary>
    public long Head => Envelopes.Head.Offset;

    /// <summary>The newest message here; null before the first one.</summary>
    public Message? Newest { get; private set; }

    /// <summary>
    /// The log that takes the place of this one, which takes nothing more. Plain clients know no offsets and go on there without
    /// noticing; cursors in <see cref="Envelopes"/> stay where they are.
    /// </summary>
    public ChannelLog BeginAnew(ChannelHead head, int historyBytes)
    {
        lock (_writing)
        {
            _isOver = true;
            return new ChannelLog(head, historyBytes, Plain.Head);
        }
    }

    /// <summary>
    /// Takes what follows the head; what is already here is skipped. False: the batch starts beyond the head and nothing was
    /// taken.
    /// </summary>
    public bool TryAppend(ReadOnlySpan<Message> messages)
    {
        lock (_writing)
        {
            // Meant for a log that has ended meanwhile; its successor hears of it by the next batch or renewal.
            if (_isOver) return true;
            var head = Head;
            while (messages.Length > 0 && messages[0].Offset <= head) messages = messages[1..];
            if (messages.Length == 0) return true;
            if (messages[0].Offset != head + 1) return false;

            Plain.Append(messages);
            Envelopes.Append(messages);
            Newest = messages[^1];
            return true;
        }
    }

    /// <summary>Encodes messages read from storage, for clients that resume from before <see cref="Envelopes"/>'
    /// history.</summary>
    public static Segment Page(string epoch, ReadOnlySpan<Message> messages)
    {
        var room = 0;
        foreach (var message in messages) room += message.Payload.Length + WireForm.MaxOverheadBytes;
        var page = new Segment(room, start: -1, messages[0].Offset) { LastOffset = messages[^1].Offset, Epoch = epoch };
        foreach (var message in messages) page.Written += WireForm.WriteEnvelope(page.Buffer.AsSpan(page.Written), message);
        return page;
    }
}
