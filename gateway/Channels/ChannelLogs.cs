using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>The grains of the logs. How many logs carry channels is fixed in the database; the gateway hears of it when it
/// registers.</summary>
public sealed class ChannelLogs(IGrainFactory grains)
{
    // Each grain is got once: Orleans looks at the interface's attributes each time, which costs a publish a tenth. Not before
    // it is used: a gateway may start before its silos, and then knows no grains yet.
    private volatile IBroadcastGrain?[] _logs = new IBroadcastGrain?[1];

    /// <summary>How many logs carry the channels other than <c>all</c>; 0: not known yet.</summary>
    public int Count => _logs.Length - 1;

    /// <summary>What this gateway has of a log, for publishes; null: nothing.</summary>
    public Func<int, LogPosition?> PositionOf { get; set; } = _ => null;

    public void SetCount(int count)
    {
        if (count != Count) _logs = new IBroadcastGrain?[count + 1];
    }

    /// <summary>The log that carries the channel, a valid name.</summary>
    /// <exception cref="StorageUnavailableException">The gateway has not registered yet, so it does not know.</exception>
    public int LogOf(string channel)
    {
        if (channel == GrainKeys.PublicChannel) return GrainKeys.PublicLog;
        if (Count is > 0 and var count) return ChannelName.LogOf(channel, count);
        throw new StorageUnavailableException("The gateway has not registered with the grid yet.");
    }

    public IBroadcastGrain Grain(int log)
    {
        var logs = _logs;
        return logs[log] ??= grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.LogName(log)));
    }

    /// <summary>The grain of the log that carries the channel, a valid name.</summary>
    /// <exception cref="StorageUnavailableException">The gateway has not registered yet, so it does not know.</exception>
    public IBroadcastGrain GrainOf(string channel) => Grain(LogOf(channel));
}
