namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Where a client wants its cursor to be. The newest wish replaces older ones that have not been carried out, and one task at a
/// time carries them out, not more often than <see cref="MinInterval"/>: finding a place and reading history costs, and asking
/// for it does not.
/// </summary>
internal sealed class Placement
{
    /// <summary>Between two placements of one client's cursor.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(500);

    private (long Since, string? Epoch)? _wanted;
    private CancellationTokenSource? _current;
    private bool _isRunning;
    private bool _isOver;

    /// <summary>When the last one was begun, as <see cref="TimeProvider.GetTimestamp"/> has it; null before the first.</summary>
    public long? BegunAt { get; set; }

    /// <summary>Notes the wish. True: the caller is to carry it out, and what else is wanted meanwhile.</summary>
    public bool Want(long since, string? epoch)
    {
        CancellationTokenSource? overtaken;
        bool isFirst;
        lock (this)
        {
            if (_isOver) return false;
            _wanted = (since, epoch);
            overtaken = _current;
            isFirst = !_isRunning;
            _isRunning = true;
        }

        overtaken?.Cancel();
        return isFirst;
    }

    /// <summary>Takes what is wanted now. False: nothing, and the caller's work is done.</summary>
    public bool TryTake(out long since, out string? epoch, out CancellationToken cancellation)
    {
        (since, epoch, cancellation) = (0, null, default);
        lock (this)
        {
            _current = null;
            _isRunning = !_isOver && _wanted is not null;
            if (!_isRunning) return false;
            (since, epoch) = _wanted!.Value;
            _wanted = null;
            var current = new CancellationTokenSource();
            _current = current;
            cancellation = current.Token;
            return true;
        }
    }

    /// <summary>The client is gone.</summary>
    public void End()
    {
        CancellationTokenSource? overtaken;
        lock (this)
        {
            _isOver = true;
            overtaken = _current;
        }

        overtaken?.Cancel();
    }
}
