using System.Reflection;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>All logs of a grid in memory: <c>all</c>, and some that carry channels.</summary>
public sealed class MemoryLogs
{
    private readonly Dictionary<string, IBroadcastGrain> _grains = new(StringComparer.Ordinal);

    public MemoryLogs(int count)
    {
        Channels = [.. Enumerable.Range(1, count).Select(log => new MemoryLog(log))];
        All.Logs = count;
        _grains.Add(GrainKeys.Log(GrainKeys.PublicChannel), All);
        foreach (var log in Channels) _grains.Add(GrainKeys.Log(GrainKeys.LogName(log.Number)), log);
        Grains = DispatchProxy.Create<IGrainFactory, Factory>();
        ((Factory)Grains).Logs = _grains;
    }

    public FakeChannel All { get; } = new();

    public IReadOnlyList<MemoryLog> Channels { get; }

    public IGrainFactory Grains { get; }

    public MemoryLog Of(string channel) => Channels[ChannelName.LogOf(channel, Channels.Count) - 1];

    /// <summary>Returns the log that the key names.</summary>
    // Not sealed: the proxy derives from it.
    public class Factory : DispatchProxy
    {
        public IReadOnlyDictionary<string, IBroadcastGrain>? Logs { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Logs![(string)args![0]!];
    }
}
