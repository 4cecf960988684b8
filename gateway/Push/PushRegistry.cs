using NotifyHub.Gateway.Network;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// The open push connections, within their limits. At a limit a new connection takes the place of the one that has been idle the
/// longest, of its own address or of all; it is refused only when all of them are at work. So open idle connections cannot keep
/// others out. Where there is a key, a connection that has not shown it only replaces others that have not.
/// </summary>
/// <param name="max">In all.</param>
/// <param name="maxPerAddress">From one address, of IPv6 one /64; 0: no limit but <paramref name="max"/>.</param>
public sealed class PushRegistry(int max, int maxPerAddress)
{
    private readonly IdleSlots _idle = new();
    private readonly Dictionary<string, Network> _networks = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes a connection in, idle.</summary>
    /// <param name="address">The peer's.</param>
    /// <param name="isAuthorised">Whether it needs no key.</param>
    /// <param name="slot">Null unless it is granted.</param>
    public Admission TryAdd(string address, bool isAuthorised, out Slot? slot)
    {
        var key = AddressPrefix.Of(address);
        Slot? shed;
        Admission shortage;
        lock (_lock)
        {
            var network = _networks.GetValueOrDefault(key);
            shortage = maxPerAddress > 0 && network?.Count >= maxPerAddress ? Admission.AddressFull
                : _count >= max ? Admission.Full
                : Admission.Granted;
            shed = shortage switch
            {
                Admission.AddressFull => network!.Idle.First(isAuthorised),
                Admission.Full => _idle.First(isAuthorised),
                _ => null,
            };
            if (shortage != Admission.Granted && shed is null)
            {
                slot = null;
                return shortage;
            }

            if (shed is not null) Drop(shed);
            if (!_networks.TryGetValue(key, out network)) _networks.Add(key, network = new Network(key));
            network.Count++;
            _count++;
            slot = new Slot(this, network, isAuthorised);
            Place(slot);
        }

        shed?.Shed(shortage);
        return Admission.Granted;
    }

    /// <summary>The connection has ended. Nothing happens when it was shed: its place is another's.</summary>
    public void Remove(Slot slot)
    {
        lock (_lock) Drop(slot);
    }

    private void Authorise(Slot slot)
    {
        lock (_lock)
        {
            slot.IsAuthorised = true;
            Place(slot);
        }
    }

    private void AddOutstanding(Slot slot, int batches)
    {
        lock (_lock)
        {
            slot.Outstanding += batches;
            Place(slot);
        }
    }

    private void SetReceiving(Slot slot, bool isReceiving)
    {
        lock (_lock)
        {
            slot.IsReceiving = isReceiving;
            Place(slot);
        }
    }

    /// <summary>Puts a slot among the idle ones, or takes it from there, as it is now. Under the lock.</summary>
    private void Place(Slot slot)
    {
        if (slot.IsGone) return;
        _idle.Place(slot, slot.InAll);
        slot.Network.Idle.Place(slot, slot.InNetwork);
    }

    private void Drop(Slot slot)
    {
        if (slot.IsGone) return;
        slot.IsGone = true;
        slot.InAll.List?.Remove(slot.InAll);
        slot.InNetwork.List?.Remove(slot.InNetwork);
        _count--;
        if (--slot.Network.Count == 0) _networks.Remove(slot.Network.Key);
    }

    internal sealed class Network(string key)
    {
        public string Key => key;

        public int Count { get; set; }

        public IdleSlots Idle { get; } = new();
    }

    /// <summary>In the order in which they became idle.</summary>
    internal sealed class IdleSlots
    {
        private readonly LinkedList<Slot> _strangers = new();
        private readonly LinkedList<Slot> _authorised = new();

        /// <summary>The connection that a new one replaces.</summary>
        public Slot? First(bool forAuthorised) => (_strangers.First ?? (forAuthorised ? _authorised.First : null))?.Value;

        public void Place(Slot slot, LinkedListNode<Slot> node)
        {
            var list = !slot.IsAuthorised ? _strangers : slot.IsBusy ? null : _authorised;
            if (node.List == list) return;
            node.List?.Remove(node);
            list?.AddLast(node);
        }
    }

    /// <summary>
    /// A connection's place. It is busy, and keeps its place, while lines of it are being published, and while a line of it
    /// arrives; before it has shown the key it is never busy. The registry alone writes its state, under the
    /// registry's lock.
    /// </summary>
    public sealed class Slot : IDisposable
    {
        private readonly PushRegistry _registry;
        private readonly CancellationTokenSource _shed = new();
        private int _outstanding;

        internal Slot(PushRegistry registry, Network network, bool isAuthorised)
        {
            IsAuthorised = isAuthorised;
            _registry = registry;
            Network = network;
            InAll = new LinkedListNode<Slot>(this);
            InNetwork = new LinkedListNode<Slot>(this);
        }

        /// <summary>Cancelled when a newer connection was given the place.</summary>
        public CancellationToken ShedToken => _shed.Token;

        /// <summary>A newer connection was given the place.</summary>
        public bool IsShed => Shortage != Admission.Granted;

        /// <summary>Which limit was reached when it was shed.</summary>
        public Admission Shortage { get; private set; } = Admission.Granted;

        /// <summary>Whether batches of lines are being published.</summary>
        public bool HasOutstanding => Outstanding > 0;

        internal Network Network { get; }

        internal LinkedListNode<Slot> InAll { get; }

        internal LinkedListNode<Slot> InNetwork { get; }

        internal bool IsAuthorised { get; set; }

        // Read without the lock, too.
        internal int Outstanding
        {
            get => Volatile.Read(ref _outstanding);
            set => Volatile.Write(ref _outstanding, value);
        }

        internal bool IsReceiving { get; set; }

        internal bool IsBusy => Outstanding > 0 || IsReceiving;

        internal bool IsGone { get; set; }

        /// <summary>The connection has shown the key.</summary>
        public void Authorise() => _registry.Authorise(this);

        /// <summary>A batch of lines is on its way.</summary>
        public void Begin() => _registry.AddOutstanding(this, 1);

        /// <summary>So many batches have been answered.</summary>
        public void End(int batches) => _registry.AddOutstanding(this, -batches);

        /// <summary>Whether part of a line has arrived.</summary>
        public void Receive(bool isReceiving) => _registry.SetReceiving(this, isReceiving);

        public void Dispose() => _shed.Dispose();

        internal void Shed(Admission shortage)
        {
            Shortage = shortage;
            try
            {
                _shed.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended in this very moment.
            }
        }
    }
}
