using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The clients of one sender that follow the same form of the log. What a sweep needs of each lies in <see cref="Seats"/>, side by side:
/// with thousands of clients, a message's cost beyond the sends themselves is the memory that is touched for each of them.
/// </summary>
/// <remarks>Changed by the sender's thread only; the lock is for those who ask what a client was sent.</remarks>
/// <param name="observes">What these clients are sent does not count as delivered.</param>
internal sealed class Lane(bool observes = false)
{
    private Client[] _clients = new Client[64];

    public bool Observes { get; } = observes;

    public Seat[] Seats { get; private set; } = new Seat[64];

    public int Count { get; private set; }

    /// <summary>Seats that are not idle: their connection had enough and has not taken the rest yet.</summary>
    public int Stragglers { get; private set; }

    /// <summary>The head that all seats have been taken to, or were found blocked at.</summary>
    public LogHead? Seen { get; set; }

    public Client ClientAt(int seat) => _clients[seat];

    public void Add(Client client)
    {
        lock (this)
        {
            if (Count == _clients.Length)
            {
                Array.Resize(ref _clients, Count * 2);
                var seats = Seats;
                Array.Resize(ref seats, Count * 2);
                Seats = seats;
            }

            client.SeatIndex = Count;
            client.Lane = this;
            _clients[Count] = client;
            Seats[Count++] = new Seat { Socket = client.SocketNumber, IsIdle = true };
        }
    }

    public void Remove(Client client)
    {
        lock (this)
        {
            var index = client.SeatIndex;
            SetIdle(index, true);
            client.SentBefore = Seats[index].Sent;
            client.Lane = null;
            var last = --Count;
            if (index != last)
            {
                _clients[index] = _clients[last];
                _clients[index].SeatIndex = index;
                Seats[index] = Seats[last];
            }

            _clients[last] = null!;
            Seats[last] = default;
        }
    }

    public void SetIdle(int seat, bool isIdle)
    {
        if (Seats[seat].IsIdle == isIdle) return;
        Seats[seat].IsIdle = isIdle;
        Stragglers += isIdle ? -1 : 1;
    }

    /// <summary>Bytes that the client has yet to be sent; of one that reads history, at least the page that it is on. For any
    /// thread.</summary>
    public long LagOf(Client client, LogHead head)
    {
        lock (this)
        {
            if (client.Lane != this) return 0;
            ref readonly var seat = ref Seats[client.SeatIndex];
            // Read while the sender moves it: may be one segment stale; clamped at zero.
            return seat.Segment is { IsPage: true } page ? page.Written : Math.Max(0, seat.Lag(head));
        }
    }

    /// <summary>Messages of the log that the client has been sent; for any thread.</summary>
    public long SentTo(Client client)
    {
        lock (this) return client.Lane == this ? Volatile.Read(ref Seats[client.SeatIndex].Sent) : client.SentBefore;
    }
}
