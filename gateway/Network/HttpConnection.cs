namespace NotifyHub.Gateway.Network;

/// <summary>One connection that is no client, in <see cref="HttpConnections"/>. All of it may be called at any time, also after
/// its end.</summary>
public sealed class HttpConnection
{
    private readonly HttpConnections _all;
    private Action _abort;
    private bool _isAborted;

    internal HttpConnection(HttpConnections all, HttpConnections.Address? address, Action abort)
    {
        (_all, Address, _abort) = (all, address, abort);
        (InAll, InAddress) = (new(this), new(this));
    }

    internal HttpConnections.Address? Address { get; }

    internal LinkedListNode<HttpConnection> InAll { get; }

    internal LinkedListNode<HttpConnection> InAddress { get; }

    /// <summary>It counts. Under the lock of <see cref="HttpConnections"/>.</summary>
    internal bool IsOpen { get; set; } = true;

    /// <summary>Places run out: it is to end with its request.</summary>
    public bool IsToEnd => _all.AreScarce;

    /// <summary>A request is under way.</summary>
    public void Begin() => _all.Begin(this);

    /// <summary>The request is answered; the connection is idle.</summary>
    public void End() => _all.End(this);

    /// <summary>It has ended, or is a client now: it does not count any more.</summary>
    public void Close() => _all.Close(this);

    /// <summary>From now on it is ended in another way; at once if its end has been asked for already.</summary>
    public void AbortWith(Action abort)
    {
        lock (InAll)
        {
            _abort = abort;
            if (!_isAborted) return;
        }

        abort();
    }

    internal void Abort()
    {
        Action abort;
        lock (InAll)
        {
            _isAborted = true;
            abort = _abort;
        }

        abort();
    }
}
