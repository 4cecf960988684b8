using NotifyHub.Gateway.Network;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// The open push connections, within their limits. At a limit a new connection takes the place of the one that has been idle the longest, of
/// its own address or of all; it is refused only when all of them are at work. So nobody who holds connections open keeps others out. Where there is
/// a key, whoever has not shown it yet takes the place of others who have not, and of nobody else.
/// </summary>
/// <param name="max">In all.</param>
/// <param name="maxPerAddress">From one address, of IPv6 one /64; 0: no limit but <paramref name="max"/>.</param>
public sealed class PushRegistry(int max, int maxPerAddress)
{
    private readonly IdleSlots _idle = new();
    private readonly Dictionary<string, Network> _networks = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    internal Lock Lock { get; } = new();

    /// <summary>Takes a connection in, idle.</summary>
    /// <param name="address">The peer's.</param>
    /// <param name="isAuthorised">Whether it needs no key.</param>
    /// <param name="slot">Null unless it is granted.</param>
    public Admission TryAdd(string address, bool isAuthorised, out PushSlot? slot)
    {
        var key = AddressPrefix.Of(address);
        PushSlot? shed;
        Admission shortage;
        lock (Lock)
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
            slot = new PushSlot(this, network, isAuthorised);
            Place(slot);
        }

        shed?.Shed(shortage);
        return Admission.Granted;
    }

    /// <summary>The connection has ended. Nothing happens when it was shed: its place is another's.</summary>
    public void Remove(PushSlot slot)
    {
        lock (Lock) Drop(slot);
    }

    /// <summary>Puts a slot among the idle ones, or takes it from there, as it is now. Under the lock.</summary>
    internal void Place(PushSlot slot)
    {
        if (slot.IsGone) return;
        _idle.Place(slot, slot.InAll);
        slot.Network.Idle.Place(slot, slot.InNetwork);
    }

    private void Drop(PushSlot slot)
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
        private readonly LinkedList<PushSlot> _strangers = new();
        private readonly LinkedList<PushSlot> _authorised = new();

        /// <summary>Who is to make room for a new one.</summary>
        public PushSlot? First(bool forAuthorised) => (_strangers.First ?? (forAuthorised ? _authorised.First : null))?.Value;

        public void Place(PushSlot slot, LinkedListNode<PushSlot> node)
        {
            var list = !slot.IsAuthorised ? _strangers : slot.IsBusy ? null : _authorised;
            if (node.List == list) return;
            node.List?.Remove(node);
            list?.AddLast(node);
        }
    }
}
