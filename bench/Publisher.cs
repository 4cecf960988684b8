namespace NotifyHub.Bench;

/// <summary>
/// Publishes numbered messages for some time and records the answers. One thread at a time publishes; others may read the
/// counters meanwhile.
/// </summary>
internal abstract class Publisher(BenchOptions options, long run)
{
    private readonly HashSet<long> _refused = [];
    private readonly byte[] _template = BenchMessage.Template(options.Size);
    private long _sent, _acknowledged;
    private long _startedAt, _phaseSent;
    private long _limit = options.Lead;

    /// <summary>Messages sent so far, and the number of the next one.</summary>
    public long Sent => Volatile.Read(ref _sent);

    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>When publishing as fast as acknowledged: the number of the first message that must not be sent yet.</summary>
    public long Limit
    {
        get => Volatile.Read(ref _limit);
        set => Volatile.Write(ref _limit, value);
    }

    /// <summary>The numbers of the refused messages. Read it when nothing is outstanding.</summary>
    public IReadOnlySet<long> Refused => _refused;

    public string LastRefusal { get; private set; } = "";

    /// <summary>The time from sending to acknowledgement in the current phase.</summary>
    public Histogram AckLatency { get; private set; } = new();

    /// <summary>The first number above everything that was acknowledged.</summary>
    public long Head { get; private set; }

    protected BenchOptions Options => options;

    protected long Outstanding { get; private set; }

    /// <summary>Publishes for this long, then waits for all answers.</summary>
    public async Task RunAsync(TimeSpan length, CancellationToken cancellation)
    {
        AckLatency = new Histogram();
        _startedAt = Clock.Now;
        _phaseSent = 0;
        await PublishAsync(_startedAt + (long)length.TotalMicroseconds, cancellation);
    }

    protected abstract Task PublishAsync(long end, CancellationToken cancellation);

    /// <summary>How many messages are due by the rate and not sent yet.</summary>
    protected long Due(long now)
    {
        var left = BenchMessage.MaxMessages - _sent;
        if (double.IsPositiveInfinity(options.Rate)) return Math.Clamp(Limit - _sent, 0, left);
        return Math.Min(left, (long)((now - _startedAt) * options.Rate / 1e6) + 1 - _phaseSent);
    }

    /// <summary>When the next message is due.</summary>
    protected long NextDue => double.IsPositiveInfinity(options.Rate)
        ? Clock.Now + (Limit > _sent ? 0 : 1000)
        : _startedAt + (long)(_phaseSent * 1e6 / options.Rate);

    /// <summary>Writes the next message.</summary>
    /// <param name="at">
    /// Its time of sending. A message that had to wait for earlier answers counts from when it was due; otherwise a server would
    /// not be measured while it stalls.
    /// </param>
    protected void Next(Span<byte> target, long at)
    {
        _template.CopyTo(target);
        BenchMessage.Stamp(target, run + _sent, at);
        _phaseSent++;
        Outstanding++;
        Volatile.Write(ref _sent, _sent + 1);
    }

    /// <summary>Records the answer to a message.</summary>
    /// <param name="number">The message, counted from 0.</param>
    /// <param name="refusal">Why it was refused; null if it was acknowledged.</param>
    protected void Answered(long number, long at, long now, string? refusal)
    {
        Outstanding--;
        if (refusal is not null)
        {
            _refused.Add(number);
            LastRefusal = refusal;
            return;
        }
        AckLatency.Record(now - at);
        Head = Math.Max(Head, number + 1);
        Volatile.Write(ref _acknowledged, _acknowledged + 1);
    }
}
