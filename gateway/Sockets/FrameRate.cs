namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// How many frames a client may send: so many a second, and <see cref="BurstSeconds"/> of that at once. A bucket that drips, kept as one
/// number a client: the time at which all it has sent will have been allowed. No timer fills it.
/// </summary>
/// <param name="perSecond">1 to 1,000,000.</param>
public sealed class FrameRate(int perSecond)
{
    /// <summary>What a client saves up while it is silent, in seconds of its rate.</summary>
    public const int BurstSeconds = 10;

    private const long Second = 1_000_000;

    private readonly long _step = Second / perSecond;

    /// <summary>Counts frames. False: they are too many.</summary>
    /// <param name="allowedAt">The client's number, 0 at first.</param>
    /// <param name="frames">How many have come.</param>
    /// <param name="now">Milliseconds, as <see cref="Environment.TickCount64"/> has them.</param>
    public bool Take(ref long allowedAt, int frames, long now)
    {
        var microseconds = now * 1_000;
        allowedAt = Math.Max(allowedAt, microseconds) + (frames * _step);
        return allowedAt - microseconds <= BurstSeconds * Second;
    }
}
