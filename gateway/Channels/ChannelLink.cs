namespace NotifyHub.Gateway.Channels;

/// <summary>A frame's place in a thread: the frames of one channel, or of all channels that a pattern covers.</summary>
/// <param name="frame">The frame.</param>
/// <param name="order">Grows with each frame that the window takes, stored or not.</param>
/// <param name="bytes">Bytes of the thread up to and including this frame, since the thread began.</param>
public sealed class ChannelLink(ChannelFrame frame, long order, long bytes)
{
    private ChannelLink? _next;

    public ChannelFrame Frame => frame;

    public long Order => order;

    public long Bytes => bytes;

    /// <summary>The next one; null: the thread ends here so far.</summary>
    public ChannelLink? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }
}
