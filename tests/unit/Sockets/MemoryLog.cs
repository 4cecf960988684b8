using System.Text;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>The grain of a log that carries channels, in memory. Thread-safe. Its rules are written down again here, as plainly
/// as possible: what is retained is found by looking at everything.</summary>
public sealed class MemoryLog(int number) : IBroadcastGrain
{
    private readonly Lock _gate = new();
    private readonly List<Message> _messages = [];

    public int Number => number;

    public string Epoch { get; set; } = "e" + number;

    public long Head { get; private set; }

    /// <summary>Calls that read messages for clients.</summary>
    public int Reads { get; private set; }

    /// <summary>Thrown to gateways that read what they lack.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Appends a message and answers the batch that gateways get.</summary>
    public MessageBatch Add(string channel, string data, string? key = null, long? retracts = null)
    {
        lock (_gate)
        {
            var part = new ChannelPart(channel, DateTimeOffset.UnixEpoch.AddYears(50), key, Retracts: retracts);
            var message = new Message(++Head, Encoding.UTF8.GetBytes(data), false, part);
            _messages.Add(message);
            return Batch(Head - 1, Head, [message]);
        }
    }

    /// <summary>The channels that have messages.</summary>
    public List<string> Names
    {
        get
        {
            lock (_gate) return [.. _messages.Select(message => message.Part!.Channel).Distinct()];
        }
    }

    /// <summary>The newest message of a channel that can be retracted.</summary>
    public long? Newest(string channel)
    {
        lock (_gate) return RetainedOf(channel).LastOrDefault(message => message.Part!.Retracts is null)?.Offset;
    }

    /// <summary>The offset of the retraction of a message.</summary>
    public long RetractionOf(long offset)
    {
        lock (_gate) return _messages.First(message => message.Part!.Retracts == offset).Offset;
    }

    /// <summary>The offsets of a channel that whoever comes now gets, retractions included.</summary>
    public List<long> Retained(string channel, long after)
    {
        lock (_gate) return [.. RetainedOf(channel).Where(message => message.Offset > after).Select(message => message.Offset)];
    }

    public Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known)
    {
        lock (_gate) return Task.FromResult(new ChannelHead(Epoch, 1, Head));
    }

    public Task UnsubscribeAsync(string gatewayId) => Task.CompletedTask;

    public Task<MessageBatch> ReadAsync(long after, int maxMessages)
    {
        lock (_gate)
        {
            if (Fault is not null) return Task.FromException<MessageBatch>(Fault);
            Message[] found = [.. _messages.Where(message => message.Offset > after).Take(maxMessages)];
            return Task.FromResult(Batch(after, found.Length == 0 ? Math.Max(after, Head) : found[^1].Offset, found));
        }
    }

    public Task<ChannelMessages> ReadChannelsAsync(ChannelRange[] ranges, int maxMessages)
    {
        lock (_gate)
        {
            Reads++;
            Message[] found =
            [
                .. _messages.Where(message => ranges.Any(range => message.Offset > range.After
                    && (range.Name == message.Part!.Channel || IsBelow(range.Name, message.Part.Channel))
                    && RetainedOf(message.Part.Channel).Contains(message))).Take(maxMessages),
            ];
            var to = found.Length == maxMessages ? found[^1].Offset : Head;
            return Task.FromResult(new ChannelMessages(Epoch, to, Head, found, new long[ranges.Length]));
        }
    }

    public Task<ChannelPage> ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit)
    {
        lock (_gate)
        {
            Reads++;
            Message[] found =
            [
                .. RetainedOf(channel)
                    .Where(message => message.Part!.Retracts is null && (before is null || message.Offset < before)),
            ];
            return Task.FromResult(new ChannelPage(Epoch, [.. found.TakeLast(limit)], found.Length > limit));
        }
    }

    public Task<PublishResult> PublishAsync(PublishBatch batch) => throw new NotSupportedException();

    public Task<bool> RetractAsync(string channel, long offset) => throw new NotSupportedException();

    private static bool IsBelow(string pattern, string channel) =>
        pattern.EndsWith('*') && channel.StartsWith(pattern[..^1], StringComparison.Ordinal);

    private IEnumerable<Message> RetainedOf(string channel)
    {
        var own = _messages.Where(message => message.Part!.Channel == channel).ToList();
        return own.Where(message =>
            !own.Any(other => other.Part!.Retracts == message.Offset)
            && !own.Any(newer => newer.Offset > message.Offset && newer.Part!.Key is { } key && key == message.Part!.Key));
    }

    private MessageBatch Batch(long from, long to, Message[] messages) =>
        new(Epoch, 1, Head, messages, From: from, To: to, Log: number);
}
