using System.Runtime.InteropServices;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Network;

/// <summary>Limits the connections of a port, in all and per address. A slot is taken before the peer is accepted and released
/// when its connection ends.</summary>
/// <param name="max">In all.</param>
/// <param name="maxPerAddress">From one address, of IPv6 one /64; 0: no limit.</param>
public sealed class ConnectionLimiter(int max, int maxPerAddress)
{
    private readonly Dictionary<string, int> _byAddress = new(StringComparer.Ordinal);
    private int _taken;

    /// <summary>Places that are taken.</summary>
    public int Taken => Math.Min(Volatile.Read(ref _taken), max);

    /// <summary>Takes a place, or returns why there is none.</summary>
    public Admission Take(string address)
    {
        if (Interlocked.Increment(ref _taken) > max)
        {
            Interlocked.Decrement(ref _taken);
            return Admission.Full;
        }

        if (maxPerAddress == 0 || TryTake(AddressPrefix.Of(address))) return Admission.Granted;
        Interlocked.Decrement(ref _taken);
        return Admission.AddressFull;
    }

    /// <summary>Gives a place back that was taken with this address.</summary>
    public void GiveBack(string address)
    {
        Interlocked.Decrement(ref _taken);
        if (maxPerAddress == 0) return;
        var network = AddressPrefix.Of(address);
        lock (_byAddress)
        {
            if (_byAddress[network] == 1) _byAddress.Remove(network);
            else _byAddress[network]--;
        }
    }

    private bool TryTake(string network)
    {
        lock (_byAddress)
        {
            // Entries are removed at zero, so a refused address must already have an entry.
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_byAddress, network, out _);
            if (count >= maxPerAddress) return false;
            count++;
            return true;
        }
    }
}
