using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Broadcast;

/// <summary>The gateways that follow a log. Only a grain's turns touch it.</summary>
internal sealed partial class GatewayFeeds(
    string log, int number, ChannelState state, SiloMetrics metrics, TimeProvider time, ILogger logger)
{
    private readonly Dictionary<string, GatewayFeed> _feeds = new(StringComparer.Ordinal);

    public int Count => _feeds.Count;

    public bool IsFollowing(string gatewayId, IGatewayObserver observer) =>
        _feeds.TryGetValue(gatewayId, out var feed) && !feed.HasFailed && feed.Observer.Equals(observer);

    /// <summary>Hands the gateway what comes after an offset.</summary>
    public void Add(string gatewayId, IGatewayObserver observer, long sent)
    {
        _feeds[gatewayId] = new GatewayFeed(gatewayId, log, observer, sent, metrics, time, logger);
        LogGatewayJoined(gatewayId, log);
    }

    public void Remove(string gatewayId) => _feeds.Remove(gatewayId);

    /// <summary>Gateways count from what they have of the old epoch: they register again, and learn of the new one.</summary>
    public void Clear() => _feeds.Clear();

    /// <summary>Hands out what was committed, and messages that are not stored.</summary>
    public void Send(IReadOnlyList<Message> unstored)
    {
        foreach (var (id, feed) in _feeds)
        {
            if (feed.HasFailed)
            {
                _feeds.Remove(id);
                continue;
            }

            if (unstored.Count > 0) feed.Add(unstored);
            _ = feed.PumpAsync(Next);
        }
    }

    /// <summary>A batch as the gateways get it.</summary>
    public MessageBatch Batch(ChannelHead head, RecentBatch found, long from, long to) => new(
        head.Epoch, head.FirstRetained, head.Head, found.Messages, found.AcceptedAt, found.Traces, from, to, number);

    private MessageBatch Next(long after, int maxMessages, int maxBytes)
    {
        // After a failed commit nothing is known until the log is opened again: nothing that is stored is handed out.
        if (state.Current is not { } head)
            return new MessageBatch(state.Last?.Epoch ?? "", 1, state.Last?.Head ?? 0, [], From: after, To: after, Log: number);
        var found = state.Recent.After(after, maxMessages, maxBytes);
        return found.Messages is [var first, ..]
            ? Batch(head, found, first.Offset - 1, found.Messages[^1].Offset)
            : Batch(head, found, after, after);
    }

    [LoggerMessage(401, LogLevel.Information, "Gateway {GatewayId} follows log {Log}")]
    private partial void LogGatewayJoined(string gatewayId, string log);
}
