namespace NotifyHub.Gateway.Channels;

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
