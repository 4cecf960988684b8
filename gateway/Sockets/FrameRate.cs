namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// How many frames a client may send: a rate per second, and a burst of what it saved while it sent fewer. What comes
/// faster is read at <see cref="LateFactor"/> times the rate, so that a burst is slowed down and not punished; who goes on is too
/// fast. A bucket that drips, kept as numbers per client: the time at which all it has sent will have been allowed, and the time
/// at which more is read. No timer fills it.
/// </summary>
/// <param name="perSecond">1 to 1,000,000.</param>
public sealed class FrameRate(int perSecond)
{
    /// <summary>What a client saves up while it is silent, in seconds of its rate.</summary>
    public const int BurstSeconds = 10;

    /// <summary>What a new client has: reconnecting to send another burst gains nothing over staying.</summary>
    public const int FirstBurstSeconds = 2;

    /// <summary>What is read beyond that, slowly, before the client is too fast.</summary>
    public const int LateSeconds = 8;

    /// <summary>How much faster than its rate a client is read that has used up its burst.</summary>
    public const int LateFactor = 2;

    private const long Second = 1_000_000;

    private readonly long _step = Second / perSecond;

    /// <summary>A new client.</summary>
    /// <param name="now">Milliseconds, as <see cref="Environment.TickCount64"/> has them.</param>
    public static Budget Begin(long now) => new() { AllowedAt = (now * 1_000) + ((BurstSeconds - FirstBurstSeconds) * Second) };

    /// <summary>Counts frames. False: they are too many.</summary>
    /// <param name="budget">The client's.</param>
    /// <param name="frames">How many have come.</param>
    /// <param name="now">Milliseconds, as <see cref="Environment.TickCount64"/> has them.</param>
    public bool Take(ref Budget budget, int frames, long now)
    {
        var microseconds = now * 1_000;
        budget.AllowedAt = Math.Max(budget.AllowedAt, microseconds) + (frames * _step);
        var ahead = budget.AllowedAt - microseconds;
        if (ahead > BurstSeconds * Second) budget.ReadAt = Math.Max(budget.ReadAt, microseconds) + (frames * _step / LateFactor);
        return ahead <= (BurstSeconds + LateSeconds) * Second;
    }

    /// <summary>What a client has used up.</summary>
    public struct Budget
    {
        /// <summary>Microseconds: when all it has sent will have been allowed.</summary>
        public long AllowedAt { get; set; }

        /// <summary>Microseconds: when more is read.</summary>
        public long ReadAt { get; set; }

        /// <summary>Milliseconds until more is read.</summary>
        public readonly int Wait(long now) => (int)Math.Max(0, (ReadAt / 1_000) - now);
    }
}
