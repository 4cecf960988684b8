using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// A channel's messages as frames ready for the wire, in one form: a chain of segments with one writer and any number of cursors.
/// What the log itself holds on to is the newest <c>historyBytes</c>; behind that a segment lives as long as a cursor stands in
/// or before it, and the garbage collector does the rest.
/// </summary>
public sealed class FrameLog
{
    private readonly FrameWriter _write;
    private readonly int _historyBytes;
    private readonly Queue<Segment> _history = new();
    private LogHead _head;

    /// <param name="write">The form of the frames.</param>
    /// <param name="offset">The channel's head when the log begins: its first message will be <c>offset + 1</c>.</param>
    /// <param name="historyBytes">How much is kept for clients that resume.</param>
    /// <param name="previous">The end of the log that this one takes the place of: cursors there go on here. Nothing is appended
    /// there any more.</param>
    public FrameLog(FrameWriter write, long offset, int historyBytes, LogHead? previous = null)
    {
        _write = write;
        _historyBytes = historyBytes;
        var first = new Segment(Segment.Bytes, previous?.Bytes ?? 0, firstOffset: offset + 1) { EndBefore = previous?.Offset };
        _history.Enqueue(first);
        _head = new LogHead(first, 0, offset);
        if (previous is not null) previous.Segment.Next = first;
    }

    /// <summary>Where the log ends right now: one consistent picture, for any thread.</summary>
    public LogHead Head => Volatile.Read(ref _head);

    /// <summary>Appends the messages, then shows all of them to the cursors at once. One writer at a time.</summary>
    public void Append(ReadOnlySpan<Message> messages)
    {
        var segment = _head.Segment;
        foreach (var message in messages)
        {
            var room = message.Payload.Length + WireForm.MaxOverheadBytes;
            if (segment.Buffer.Length - segment.Written < room) segment = Seal(segment, room, message.Offset);
            segment.Written += _write(segment.Buffer.AsSpan(segment.Written), message);
        }

        if (messages.Length > 0) Volatile.Write(ref _head, new LogHead(segment, segment.Written, messages[^1].Offset));
        Trim();
    }

    /// <summary>
    /// Finds the place behind the message with this offset, if everything after it is still held here. Answers the head, too, as
    /// it was then.
    /// </summary>
    public bool TryFind(long after, out Cursor cursor, out LogHead head)
    {
        cursor = default;
        Segment[] history;
        lock (_history)
        {
            head = Head;
            history = [.. _history];
        }

        if (after == head.Offset)
        {
            cursor = head.Cursor;
            return true;
        }

        var last = Array.FindLastIndex(history, segment => segment.FirstOffset <= after + 1);
        if (after > head.Offset || last < 0) return false;

        var found = history[last];
        var position = 0;
        for (var offset = found.FirstOffset; offset <= after; offset++)
            position += ServerFrame.Length(found.Buffer.AsSpan(position));
        cursor = new Cursor(found, position);
        return true;
    }

    private Segment Seal(Segment full, int room, long nextOffset)
    {
        var next = new Segment(Math.Max(Segment.Bytes, room), full.Start + full.Written, nextOffset);
        lock (_history) _history.Enqueue(next);
        // Only now may a cursor leave the full segment: its length no longer changes.
        full.Next = next;
        return next;
    }

    private void Trim()
    {
        lock (_history)
        {
            while (_history.Count > 1 && _head.Bytes - _history.Peek().End > _historyBytes) _history.Dequeue();
        }
    }
}
