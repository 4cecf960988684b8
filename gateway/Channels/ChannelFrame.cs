namespace NotifyHub.Gateway.Channels;

/// <summary>A message of a channel as a frame ready for the wire: the same bytes for every subscriber.</summary>
/// <param name="bytes">The whole text frame.</param>
/// <param name="channel">The channel's name.</param>
/// <param name="offset">Its place in the log; 0: it is not stored.</param>
/// <param name="expiresAt">Unix milliseconds; from then on it counts as not retained.</param>
public sealed class ChannelFrame(byte[] bytes, string channel, long offset, long expiresAt)
{
    private volatile bool _isSuperseded;

    public byte[] Bytes => bytes;

    public string Channel => channel;

    public long Offset => offset;

    /// <summary>A newer message with its key has replaced it, or it was retracted: whoever is late skips it.</summary>
    public bool IsSuperseded => _isSuperseded;

    public void Supersede() => _isSuperseded = true;

    /// <summary>Whether whoever comes late still gets it.</summary>
    public bool IsRetainedAt(long now) => !_isSuperseded && now < expiresAt;
}
