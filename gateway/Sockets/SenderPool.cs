using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Sockets;

/// <summary>The threads that send to clients. Each owns an equal share of them.</summary>
public sealed class SenderPool : IDisposable
{
    private readonly Sender[] _senders;

    public SenderPool(
        IOptions<GatewayOptions> options,
        ChannelFollower follower,
        ChannelLogs logs,
        DeliveryTimes times,
        DeliveryCounts counts,
        ILogger<Sender> logger)
    {
        var count = options.Value.Senders > 0 ? options.Value.Senders : Math.Max(1, Environment.ProcessorCount / 2);
        _senders = [.. Enumerable.Range(0, count).Select(number =>
            new Sender(number, options.Value.BacklogBytes, logs, options.Value.HeartbeatInterval, times, counts, logger))];
        foreach (var sender in _senders) follower.Appended += sender.Follow;
    }

    /// <summary>Messages sent to clients since the start.</summary>
    public long Sent => _senders.Sum(sender => sender.Sent);

    /// <summary>Messages of the channel sent to clients since the start.</summary>
    public long Delivered => _senders.Sum(sender => sender.Delivered);

    /// <summary>The sender of the client with this number.</summary>
    public Sender Of(long number) => _senders[number % _senders.Length];

    /// <summary>Clients that use channels get their positions and heartbeats.</summary>
    public void Beat()
    {
        foreach (var sender in _senders) sender.Channels.Beat();
    }

    public void Dispose()
    {
        foreach (var sender in _senders) sender.Dispose();
    }
}
