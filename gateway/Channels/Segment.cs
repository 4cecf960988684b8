namespace NotifyHub.Gateway.Channels;

/// <summary>A piece of the log. A frame never straddles two segments, so a segment can be walked from its start.</summary>
public sealed class Segment
{
    /// <summary>64 KiB: one send to a client that is far behind, and a small unit to keep alive for the slowest cursor.</summary>
    public const int Bytes = 64 * 1024;

    private Segment? _next;

    /// <param name="bytes">Room.</param>
    /// <param name="start">Where the segment begins, in bytes since the log began; -1 for a page of history (see
    /// <see cref="IsPage"/>).</param>
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

    /// <summary>Bytes in use. Final once <see cref="Next"/> is set; before that only the writer and <see cref="LogHead"/> know
    /// how much is valid.</summary>
    public int Written { get; set; }

    public long End => Start + Written;

    /// <summary>The last offset of the log that this segment's took the place of; null in the middle of a log.</summary>
    public long? EndBefore { get; init; }

    /// <summary>Offset of its last message; set for a page only.</summary>
    public long LastOffset { get; init; }

    /// <summary>The epoch of the log that it was read from; set for a page only.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>Not part of the live chain but read from storage for clients that resume from further back; it has no
    /// next.</summary>
    public bool IsPage => Start < 0;

    public Segment? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }
}
