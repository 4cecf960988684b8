using System.Net;
using Microsoft.AspNetCore.Connections;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// The connections of one port that are no clients: HTTP, handshakes, and those that have not sent a byte yet. When they are too
/// many, in all or from one address, a new one takes the place of the one that has been idle the longest; it is refused only when
/// all have a request in progress. So open idle connections cannot keep others out.
/// </summary>
/// <param name="max">In all.</param>
/// <param name="maxPerAddress">From one address, of IPv6 one /64; 0: no limit but <paramref name="max"/>.</param>
/// <param name="isExempt">Addresses without a limit of their own: behind a proxy everybody has the proxy's.</param>
/// <param name="refused">Called for each one that is shed or refused.</param>
public sealed class HttpConnections(int max, int maxPerAddress, Func<IPAddress, bool> isExempt, Action<HttpRefusal> refused)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Connection> _idle = new();
    private readonly Dictionary<string, Address> _addresses = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Places run out: connections end with their request instead of being kept open for the next.</summary>
    public bool AreScarce => Count > max - (max / 4);

    /// <summary>Takes a connection in, idle. Null: refused.</summary>
    /// <param name="abort">Ends it. Called when a newer one needs its place, also before this method returns to another
    /// caller.</param>
    public Connection? Open(IPAddress peer, Action abort)
    {
        Connection? shed = null;
        Connection? opened = null;
        // Before the lock: it is the caller's code.
        var key = maxPerAddress == 0 || isExempt(peer)
            ? null
            : AddressPrefix.Of(peer);
        lock (_lock)
        {
            var address = key is null ? null : _addresses.GetValueOrDefault(key);
            var isAddressFull = address is not null && address.Count >= maxPerAddress;
            if (isAddressFull) shed = address!.Idle.First?.Value;
            else if (_count >= max) shed = _idle.First?.Value;
            if (shed is not null) Remove(shed);
            if (shed is not null || (!isAddressFull && _count < max)) opened = Add(key, abort);
        }

        if (shed is not null) refused(HttpRefusal.Shed);
        else if (opened is null) refused(HttpRefusal.Full);
        shed?.Abort();
        return opened;
    }

    /// <summary>Counts the connections of an endpoint, also those that its transport has counted already.</summary>
    /// <param name="next">What serves them.</param>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<Connection>() is not { } own)
        {
            if (Open((connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None, connection.Abort) is not { } opened)
            {
                connection.Abort();
                return;
            }

            connection.Features.Set(own = opened);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            own.Close();
        }
    };

    /// <summary>Ends the connection that has been idle the longest. False: none is idle.</summary>
    public bool ShedOldest()
    {
        Connection? shed;
        lock (_lock)
        {
            shed = _idle.First?.Value;
            if (shed is null) return false;
            Remove(shed);
        }

        refused(HttpRefusal.Shed);
        shed.Abort();
        return true;
    }

    private void Begin(Connection connection)
    {
        lock (_lock) RemoveIdle(connection);
    }

    private void End(Connection connection)
    {
        lock (_lock)
        {
            if (connection.IsOpen) AddIdle(connection);
        }
    }

    private void Close(Connection connection)
    {
        lock (_lock)
        {
            if (connection.IsOpen) Remove(connection);
        }
    }

    private Connection Add(string? key, Action abort)
    {
        // Looked up now: the address may have left with the one that was shed.
        if (key is not null && !_addresses.ContainsKey(key)) _addresses[key] = new Address(key);
        var connection = new Connection(this, key is null ? null : _addresses[key], abort);
        _count++;
        if (connection.Address is { } address) address.Count++;
        AddIdle(connection);
        return connection;
    }

    private void Remove(Connection connection)
    {
        RemoveIdle(connection);
        connection.IsOpen = false;
        _count--;
        if (connection.Address is { } address && --address.Count == 0) _addresses.Remove(address.Key);
    }

    private void AddIdle(Connection connection)
    {
        if (connection.InAll.List is not null) return;
        _idle.AddLast(connection.InAll);
        connection.Address?.Idle.AddLast(connection.InAddress);
    }

    private void RemoveIdle(Connection connection)
    {
        if (connection.InAll.List is null) return;
        _idle.Remove(connection.InAll);
        connection.Address?.Idle.Remove(connection.InAddress);
    }

    internal sealed class Address(string key)
    {
        public string Key { get; } = key;

        public int Count { get; set; }

        public LinkedList<Connection> Idle { get; } = new();
    }

    /// <summary>One connection that is no client. All of it may be called at any time, also after its end.</summary>
    public sealed class Connection
    {
        private readonly HttpConnections _all;
        private readonly Lock _abortLock = new();
        private Action _abort;
        private bool _isAborted;

        internal Connection(HttpConnections all, Address? address, Action abort)
        {
            (_all, Address, _abort) = (all, address, abort);
            (InAll, InAddress) = (new(this), new(this));
        }

        internal Address? Address { get; }

        internal LinkedListNode<Connection> InAll { get; }

        internal LinkedListNode<Connection> InAddress { get; }

        /// <summary>It counts. Under the lock of <see cref="HttpConnections"/>.</summary>
        internal bool IsOpen { get; set; } = true;

        /// <summary>The limit is near: the connection is to end with its request.</summary>
        public bool IsToEnd => _all.AreScarce;

        /// <summary>A request is in progress.</summary>
        public void Begin() => _all.Begin(this);

        /// <summary>The request is answered; the connection is idle.</summary>
        public void End() => _all.End(this);

        /// <summary>It has ended, or is a client now: it does not count any more.</summary>
        public void Close() => _all.Close(this);

        /// <summary>From now on the connection is ended in another way; at once if its end was requested already.</summary>
        public void AbortWith(Action abort)
        {
            lock (_abortLock)
            {
                _abort = abort;
                if (!_isAborted) return;
            }

            abort();
        }

        internal void Abort()
        {
            Action abort;
            lock (_abortLock)
            {
                _isAborted = true;
                abort = _abort;
            }

            abort();
        }
    }
}
