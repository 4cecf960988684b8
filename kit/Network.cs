using System.Diagnostics;
using System.Globalization;

namespace NotifyHub.TestKit;

/// <summary>
/// Hosts on this machine: network namespaces with an address each, joined by a bridge that this process is on as well.
/// A connection between two of them can be cut as by a broken switch: packets vanish without an error, and all other
/// connections stay. Needs Linux, root, and <c>ip</c> (iproute2).
/// </summary>
public sealed class Network : IAsyncDisposable
{
    // Reserved for benchmarks between hosts (RFC 2544), so no real network uses it.
    private const string Prefix = "198.18";

    // A MAC address that no card has: packets sent to it are lost.
    private const string UnusedMac = "02:00:00:00:00:01";

    private readonly string _name;
    private readonly string _subnet;
    private readonly Process _janitor;
    private readonly List<(NetworkHost From, NetworkHost To)> _cuts = [];
    private int _hosts;

    private Network(int number)
    {
        _name = string.Create(CultureInfo.InvariantCulture, $"nh{number:x4}");
        _subnet = string.Create(CultureInfo.InvariantCulture, $"{Prefix}.{number & 0xff}");
        // Cleans up when this process ends, even if it is killed: the shell waits for the end of its input.
        _janitor = Process.Start(new ProcessStartInfo("sh", [
            "-c", $"cat >/dev/null; for host in $(ip netns list | grep -o '^{_name}-[0-9]*'); do ip netns del $host; done; "
                + $"ip link del {_name}"])
        {
            RedirectStandardInput = true,
        })!;
    }

    /// <summary>This process's own address with its network.</summary>
    public string Range => $"{_subnet}.1/24";

    /// <exception cref="InvalidOperationException">The machine does not allow it; the message has its error.</exception>
    public static async Task<Network> CreateAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            var network = new Network(Random.Shared.Next(0x10000));
            try
            {
                await IpAsync("link", "add", network._name, "type", "bridge");
                await IpAsync("addr", "add", network.Range, "dev", network._name);
                await IpAsync("link", "set", network._name, "up");
                return network;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Another test run may be using this network.
                await network.DisposeAsync();
            }
            catch
            {
                await network.DisposeAsync();
                throw;
            }
        }
    }

    public async Task<NetworkHost> AddHostAsync()
    {
        var number = ++_hosts;
        var host = new NetworkHost($"{_name}-{number}", $"{_subnet}.{number + 10}");
        var cable = $"{_name}v{number}";
        await IpAsync("netns", "add", host.Namespace);
        await IpAsync("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host.Namespace);
        await IpAsync("link", "set", cable, "master", _name, "up");
        await IpAsync("-n", host.Namespace, "addr", "add", $"{host.Address}/24", "dev", "eth0");
        await IpAsync("-n", host.Namespace, "link", "set", "eth0", "up");
        await IpAsync("-n", host.Namespace, "link", "set", "lo", "up");
        return host;
    }

    /// <summary>From now on no packet passes between the two hosts.</summary>
    public async Task CutAsync(NetworkHost one, NetworkHost other)
    {
        foreach (var (from, to) in new[] { (one, other), (other, one) })
        {
            _cuts.Add((from, to));
            await IpAsync(
                "-n", from.Namespace, "neigh", "replace", to.Address, "lladdr", UnusedMac, "dev", "eth0", "nud", "permanent");
        }
    }

    /// <summary>Restores all cut connections.</summary>
    public async Task HealAsync()
    {
        foreach (var (from, to) in _cuts) await IpAsync("-n", from.Namespace, "neigh", "del", to.Address, "dev", "eth0");
        _cuts.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _janitor.StandardInput.Close();
        await _janitor.WaitForExitAsync();
        _janitor.Dispose();
    }

    private static async Task IpAsync(params string[] arguments)
    {
        using var ip =
            Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        if (ip.ExitCode != 0)
            throw new InvalidOperationException($"This machine refuses 'ip {string.Join(' ', arguments)}': {said.Trim()}");
    }
}
