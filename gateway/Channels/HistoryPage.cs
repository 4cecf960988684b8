namespace NotifyHub.Gateway.Channels;

/// <summary>
/// A page of the channel as it is stored, on its way or there. <see cref="History"/> counts who reads it: it takes memory as
/// long as it has readers, and is not loaded without any.
/// </summary>
/// <param name="expectedEpoch">The log's epoch that the offset belongs to; the page may turn out to be of another one.</param>
/// <param name="after">The last offset before it.</param>
public sealed class HistoryPage(string expectedEpoch, long after)
{
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public (string Epoch, long After) Key { get; } = (expectedEpoch, after);

    /// <summary>The epoch of the log that it was read from.</summary>
    public string Epoch { get; private set; } = "";

    /// <summary>The oldest offset that was retained then.</summary>
    public long FirstRetained { get; private set; }

    /// <summary>Its messages as frames; null when there were none.</summary>
    public Segment? Segment { get; private set; }

    /// <summary>Bytes that it takes of <see cref="ClientMemory"/>.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many read it or wait for it. Changed under the lock of <see cref="History"/>.</summary>
    public int Readers { get; internal set; }

    internal Task Loaded => _loaded.Task;

    /// <summary>Its place among the pages without readers; null while it has any.</summary>
    internal LinkedListNode<HistoryPage>? Unread { get; set; }

    /// <summary>It gets no further readers.</summary>
    internal bool IsForgotten { get; set; }

    /// <summary>It holds the message with this offset.</summary>
    internal bool Holds(string epoch, long offset) =>
        Segment is { } segment && Epoch == epoch && segment.FirstOffset <= offset && offset <= segment.LastOffset;

    /// <summary>The place behind the message with this offset, or the beginning when it begins later.</summary>
    public Cursor Find(long offset)
    {
        var position = 0;
        for (var at = Segment!.FirstOffset; at <= offset; at++) position += ServerFrame.Length(Segment.Buffer.AsSpan(position));
        return new Cursor(Segment, position);
    }

    /// <summary>The bytes to be given back, once.</summary>
    internal long TakeBytes()
    {
        var bytes = Bytes;
        Bytes = 0;
        return bytes;
    }

    internal void SetLoaded(string epoch, long firstRetained, Segment? segment)
    {
        (Epoch, FirstRetained, Segment) = (epoch, firstRetained, segment);
        Bytes = segment?.Buffer.Length ?? 0;
    }

    /// <summary>Releases the readers that wait for it.</summary>
    internal void Announce() => _loaded.SetResult();

    internal void Fail(Exception failure)
    {
        _loaded.SetException(failure);
        // Marks the exception as observed, even if no reader is left.
        _ = _loaded.Task.Exception;
    }
}
