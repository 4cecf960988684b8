using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Api;

/// <summary>A log that carries channels, in memory.</summary>
public sealed class FakeLog : IBroadcastGrain
{
    private readonly Dictionary<string, (PublishResult Result, byte[]? Hash)> _keys = [];
    private readonly Lock _gate = new();

    public List<PublishBatch> Published { get; } = [];

    public List<Message> Messages { get; } = [];

    public List<(string Channel, long? Before, int Limit, int? HistoryLimit)> Reads { get; } = [];

    public Exception? Fault { get; set; }

    /// <summary>The newest offset; offsets of channels begin anywhere.</summary>
    public long Head { get; private set; } = 100;

    public Task<PublishResult> PublishAsync(PublishBatch batch)
    {
        lock (_gate)
        {
            if (Fault is not null) return Task.FromException<PublishResult>(Fault);
            if (batch.IdempotencyKey is { } used && _keys.TryGetValue(used, out var first))
            {
                return first.Hash.AsSpan().SequenceEqual(batch.RequestHash)
                    ? Task.FromResult(first.Result with { Repeated = true })
                    : Task.FromException<PublishResult>(new IdempotencyConflictException());
            }

            Published.Add(batch);
            var result = new PublishResult(Head + 1, batch.Drafts.Length, Repeated: false);
            foreach (var draft in batch.Drafts)
            {
                var target = draft.Target!;
                if (target.Retention != Retention.None) Add(draft.Payload!, target);
            }

            if (batch.IdempotencyKey is { } key) _keys[key] = (result, batch.RequestHash);
            return Task.FromResult(result);
        }
    }

    public Task<ChannelPage> ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit)
    {
        Reads.Add((channel, before, limit, historyLimit));
        Message[] all =
        [
            .. Of(channel).Where(message => message.Part!.Retracts is null && message.Offset < (before ?? long.MaxValue)),
        ];
        return Task.FromResult(new ChannelPage("epoch", [.. all.TakeLast(limit)], all.Length > limit));
    }

    public Task<ChannelMessages> ReadChannelsAsync(ChannelRange[] ranges, int maxMessages)
    {
        var range = ranges.Single();
        Message[] found = [.. Of(range.Name).Where(message => message.Offset > range.After).Take(maxMessages)];
        var to = found.Length == maxMessages ? found[^1].Offset : Head;
        return Task.FromResult(new ChannelMessages("epoch", to, Head, found, [0]));
    }

    public Task<bool> RetractAsync(string channel, long offset)
    {
        if (Messages.RemoveAll(message => message.Part!.Channel == channel && message.Offset == offset) == 0)
            return Task.FromResult(false);
        Messages.Add(new Message(++Head, [], false, new ChannelPart(channel, DateTimeOffset.UnixEpoch, Retracts: offset)));
        return Task.FromResult(true);
    }

    public Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known) =>
        throw new NotSupportedException();

    public Task UnsubscribeAsync(string gatewayId) => throw new NotSupportedException();

    public Task<MessageBatch> ReadAsync(long after, int maxMessages) => throw new NotSupportedException();

    private IEnumerable<Message> Of(string channel) => Messages.Where(message => message.Part!.Channel == channel);

    private void Add(byte[] payload, ChannelTarget target) => Messages.Add(new Message(
        ++Head,
        payload,
        false,
        new ChannelPart(
            target.Channel, DateTimeOffset.UnixEpoch, target.Key, target.ExpiresAt, target.Priority, target.User)));
}
