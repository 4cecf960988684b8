using NotifyHub.Gateway.Channels;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// The clients of one sender that follow the same form of the log. What a sweep needs of each is in <see cref="Slots"/>, side by
/// side: with thousands of clients, the cost of a message beyond the sends themselves is the memory that is touched per client.
/// </summary>
/// <remarks>Changed by the sender's thread only; the lock is for threads that read what a client was sent.</remarks>
/// <param name="index">Of this shard in its sender.</param>
/// <param name="isObserver">What these clients are sent does not count as delivered.</param>
internal sealed class Shard(int index, bool isObserver)
{
    private readonly Lock _lock = new();
    private Client[] _clients = new Client[64];

    public bool IsObserver { get; } = isObserver;

    public CursorSlot[] Slots { get; private set; } = new CursorSlot[64];

    public int Count { get; private set; }

    /// <summary>Slots that are not writable: their connection is full and has not taken the rest yet.</summary>
    public int BlockedCount { get; private set; }

    /// <summary>The head that all slots were taken to, or were found blocked at.</summary>
    public LogHead? SweptHead { get; set; }

    public Client ClientAt(int slot) => _clients[slot];

    public void Add(Client client)
    {
        lock (_lock)
        {
            if (Count == _clients.Length)
            {
                Array.Resize(ref _clients, Count * 2);
                var slots = Slots;
                Array.Resize(ref slots, Count * 2);
                Slots = slots;
            }

            client.SlotIndex = Count;
            client.ShardIndex = index;
            _clients[Count] = client;
            Slots[Count++] = new CursorSlot { Socket = client.SocketNumber, IsWritable = true };
        }
    }

    public void Remove(Client client)
    {
        lock (_lock)
        {
            var removed = client.SlotIndex;
            SetWritable(removed, true);
            client.SentBefore = Slots[removed].Sent;
            client.ShardIndex = Client.NoShard;
            var last = --Count;
            if (removed != last)
            {
                _clients[removed] = _clients[last];
                _clients[removed].SlotIndex = removed;
                Slots[removed] = Slots[last];
            }

            _clients[last] = null!;
            Slots[last] = default;
        }
    }

    public void SetWritable(int slot, bool isWritable)
    {
        if (Slots[slot].IsWritable == isWritable) return;
        Slots[slot].IsWritable = isWritable;
        BlockedCount += isWritable ? -1 : 1;
    }

    /// <summary>Bytes that the client has yet to be sent; of one that reads history, at least the page that it is on. For any
    /// thread.</summary>
    public long LagOf(Client client, LogHead head)
    {
        lock (_lock)
        {
            if (client.ShardIndex != index) return 0;
            ref readonly var slot = ref Slots[client.SlotIndex];
            // Read while the sender moves it: may be one segment stale; clamped at zero.
            return slot.Segment is { IsPage: true } page ? page.Written : Math.Max(0, slot.Lag(head));
        }
    }

    /// <summary>Messages of the log that the client has been sent; for any thread.</summary>
    public long SentTo(Client client)
    {
        lock (_lock) return client.ShardIndex == index ? Volatile.Read(ref Slots[client.SlotIndex].Sent) : client.SentBefore;
    }
}
