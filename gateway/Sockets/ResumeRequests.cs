namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Where a client wants to resume. The newest request replaces an older one that was not carried out. One task at a time carries
/// requests out, not more often than <see cref="MinInterval"/>: finding a place and reading history is expensive, a request is
/// not.
/// </summary>
internal sealed class ResumeRequests
{
    /// <summary>Between two requests of one client that are carried out.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private ResumeRequest? _next;
    private CancellationTokenSource? _current;
    private bool _isRunning;
    private bool _isOver;

    /// <summary>When the last one was begun, as <see cref="TimeProvider.GetTimestamp"/> has it; null before the first.</summary>
    public long? BegunAt { get; set; }

    /// <summary>Adds a request. True: the caller has to carry it out, and those that come meanwhile.</summary>
    public bool Add(ResumeRequest request)
    {
        CancellationTokenSource? replaced;
        bool isFirst;
        lock (_lock)
        {
            if (_isOver) return false;
            _next = request;
            replaced = _current;
            isFirst = !_isRunning;
            _isRunning = true;
        }

        Cancel(replaced);
        return isFirst;
    }

    /// <summary>Takes the request to carry out now. False: there is none, and the caller's work is done.</summary>
    public bool TryTake(out ResumeRequest request, out CancellationToken cancellation)
    {
        (request, cancellation) = (default, default);
        CancellationTokenSource? finished;
        bool isTaken;
        lock (_lock)
        {
            finished = _current;
            _current = null;
            isTaken = _isRunning = !_isOver && _next is not null;
            if (isTaken)
            {
                request = _next!.Value;
                _next = null;
                var current = new CancellationTokenSource();
                _current = current;
                cancellation = current.Token;
            }
        }

        finished?.Dispose();
        return isTaken;
    }

    /// <summary>The client is gone.</summary>
    public void End()
    {
        CancellationTokenSource? current;
        lock (_lock)
        {
            _isOver = true;
            current = _current;
        }

        Cancel(current);
    }

    private static void Cancel(CancellationTokenSource? request)
    {
        try
        {
            request?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was carried out in this very moment.
        }
    }
}
