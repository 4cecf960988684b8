using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>Writes a message's frame and answers its length; the target is large enough.</summary>
public delegate int FrameWriter(Span<byte> target, Message message);

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
    /// <param name="previous">The end of the log that this one takes the place of: cursors there go on here. Nothing is appended there any more.</param>
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
    /// Finds the place behind the message with this offset, if everything after it is still held here. Answers the head, too, as it was then.
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
        for (var offset = found.FirstOffset; offset <= after; offset++) position += ServerFrame.Length(found.Buffer.AsSpan(position));
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

/// <summary>A piece of the log. A frame never straddles two segments, so a segment can be walked from its start.</summary>
public sealed class Segment
{
    /// <summary>64 KiB: one send to a client that is far behind, and a small unit to keep alive for the slowest cursor.</summary>
    public const int Bytes = 64 * 1024;

    private Segment? _next;

    /// <param name="bytes">Room.</param>
    /// <param name="start">Where the segment begins, in bytes since the log began; -1 for a page of history (see <see cref="IsPage"/>).</param>
    /// <param name="firstOffset">Offset of its first message.</param>
    public Segment(int bytes, long start, long firstOffset)
    {
        // Pinned, so that a collection never copies what thousands of sends are reading.
        Buffer = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        Start = start;
        FirstOffset = firstOffset;
    }

    public byte[] Buffer { get; }

    public long Start { get; }

    public long FirstOffset { get; }

    /// <summary>Bytes in use. Final once <see cref="Next"/> is set; before that only the writer and <see cref="LogHead"/> know how much is valid.</summary>
    public int Written { get; set; }

    public long End => Start + Written;

    /// <summary>The last offset of the log that this segment's took the place of; null in the middle of a log.</summary>
    public long? EndBefore { get; init; }

    /// <summary>Offset of its last message; set for a page only.</summary>
    public long LastOffset { get; init; }

    /// <summary>The life of the log that it was read from; set for a page only.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>Not part of the live chain but read from storage for clients that resume from further back; it has no next.</summary>
    public bool IsPage => Start < 0;

    public Segment? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }
}

/// <summary>A place in a log: where the next byte for a client is.</summary>
public readonly record struct Cursor(Segment Segment, int Position);

/// <summary>The end of a log at one moment.</summary>
/// <param name="Segment">The newest segment.</param>
/// <param name="Written">Its valid bytes.</param>
/// <param name="Offset">Offset of the last message.</param>
public sealed record LogHead(Segment Segment, int Written, long Offset)
{
    public Cursor Cursor => new(Segment, Written);

    /// <summary>Bytes since the log began.</summary>
    public long Bytes => Segment.Start + Written;
}
