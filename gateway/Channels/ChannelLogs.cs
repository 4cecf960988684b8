using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>The logs that carry all channels but <c>all</c>, as this gateway follows them. How many there are the grid says, with
/// its first answer.</summary>
public sealed class ChannelLogs(
    IGrainFactory grains,
    GatewayNode node,
    ChannelFollower all,
    IOptions<GatewayOptions> options,
    GatewayMetrics metrics,
    ILogger<LogFollower> logger) : IDisposable
{
    private readonly WindowBudget _budget = new(options.Value.WindowBytes);
    private volatile LogFollower[] _followers = [];
    private volatile string? _epoch;
    private IBroadcastGrain? _public;

    // Got once: Orleans looks at the interface's attributes each time, which costs a publish a tenth. Not before it is used: a
    // gateway may start before its silos, and then knows no grains yet.
    private IBroadcastGrain Public => _public ??= grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));

    /// <summary>How many; 0: not known yet.</summary>
    public int Count => _followers.Length;

    /// <summary>The grid's epoch: of all logs together. Null until all of them are known.</summary>
    public string? Epoch => _epoch;

    /// <summary>A log was lost in part: positions are worth nothing any more.</summary>
    public event Action? EpochChanged;

    /// <summary>The number of the log that carries the channel, a valid name.</summary>
    /// <exception cref="StorageUnavailableException">The gateway has not registered yet, so it does not know.</exception>
    public int LogOf(string channel)
    {
        if (channel == GrainKeys.PublicChannel) return GrainKeys.PublicLog;
        if (Count is > 0 and var count) return ChannelName.LogOf(channel, count);
        throw new StorageUnavailableException("The gateway has not registered with the grid yet.");
    }

    public IBroadcastGrain Grain(int log) => log == GrainKeys.PublicLog ? Public : this[log].Grain;

    /// <summary>The grain of the log that carries the channel, a valid name.</summary>
    /// <exception cref="StorageUnavailableException">The gateway has not registered yet, so it does not know.</exception>
    public IBroadcastGrain GrainOf(string channel) => Grain(LogOf(channel));

    /// <summary>What this gateway has of a log, for publishes; null: nothing.</summary>
    public LogPosition? PositionOf(int log) => log == GrainKeys.PublicLog ? all.Position : this[log].Position;

    /// <summary>A log by its number, from 1.</summary>
    public LogFollower this[int log] => _followers[log - 1];

    /// <summary>Registers with all logs, or renews that.</summary>
    public async Task RenewAsync(IGatewayObserver observer, CancellationToken cancellation)
    {
        if (Count == 0) SetCount(all.Logs);
        var followers = _followers;
        await Task.WhenAll(followers.Select(follower => follower.RenewAsync(observer, cancellation)));
        if (followers.Length == 0 || all.Log is not { } log) return;
        var epoch = Position.EpochOf([log.Epoch, .. followers.Select(follower => follower.Window.Epoch)]);
        if (epoch == _epoch) return;
        var isFirst = _epoch is null;
        _epoch = epoch;
        if (!isFirst) EpochChanged?.Invoke();
    }

    public Task LeaveAsync() => Task.WhenAll(_followers.Select(follower => follower.LeaveAsync()));

    public void Take(MessageBatch batch)
    {
        // Before the first renewal nothing is known; the renewal reads what was missed.
        if (batch.Log > 0 && batch.Log <= _followers.Length) _followers[batch.Log - 1].Take(batch);
    }

    /// <summary>The heads of all logs, that of <c>all</c> left out at index 0.</summary>
    public void ReadHeads(Span<long> heads)
    {
        for (var log = 1; log < heads.Length; log++) heads[log] = _followers[log - 1].Window.Head;
    }

    /// <summary>Before any client is let in.</summary>
    internal void SetCount(int count) => _followers = [.. Enumerable.Range(1, count).Select(log =>
        new LogFollower(log, grains, node.Id, _budget, metrics, logger))];

    public void Dispose()
    {
        foreach (var follower in _followers) follower.Dispose();
    }
}
