using System.Reflection;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>The channel's grain as a gateway sees it, in memory. Thread-safe.</summary>
public class FakeChannel : IBroadcastGrain
{
    private readonly Lock _gate = new();
    private readonly List<Message> _messages = [];
    private readonly IGrainFactory _grains;

    public FakeChannel()
    {
        _grains = DispatchProxy.Create<IGrainFactory, Factory>();
        ((Factory)_grains).Channel = this;
    }

    public IGrainFactory Grains => _grains;

    public string Epoch { get; set; } = "e";

    public long FirstRetained { get; private set; } = 1;

    public long Head { get; private set; }

    public long? EpochStart { get; private set; }

    /// <summary>The log position that a gateway last reported.</summary>
    public LogPosition? Known { get; private set; }

    /// <summary>Thrown by every call.</summary>
    public Exception? Fault { get; set; }

    public List<(long After, int Max)> Reads { get; } = [];

    /// <summary>Runs when a page is read, after its content was determined.</summary>
    public Func<Task> OnRead { get; set; } = () => Task.CompletedTask;

    public MessageBatch Add(params int[] sizes)
    {
        lock (_gate)
        {
            Message[] added = [.. sizes.Select(bytes => WireFrames.Message(++Head, bytes))];
            _messages.AddRange(added);
            return Batch(added);
        }
    }

    public void BeginAnew(string epoch)
    {
        lock (_gate)
        {
            _messages.Clear();
            (Epoch, FirstRetained, Head) = (epoch, 1, 0);
        }
    }

    /// <summary>Loses everything after this offset; the log continues in a new epoch.</summary>
    public void Lose(long after, string epoch)
    {
        lock (_gate)
        {
            _messages.RemoveAll(message => message.Offset > after);
            (Epoch, Head, EpochStart) = (epoch, after, after);
        }
    }

    /// <summary>Forgets everything before this offset.</summary>
    public void Sweep(long first)
    {
        lock (_gate)
        {
            _messages.RemoveAll(message => message.Offset < first);
            FirstRetained = first;
        }
    }

    public Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known)
    {
        lock (_gate)
        {
            if (Fault is not null) return Task.FromException<ChannelHead>(Fault);
            Known = known;
            return Task.FromResult(new ChannelHead(Epoch, FirstRetained, Head, EpochStart));
        }
    }

    public async Task<MessageBatch> ReadAsync(long after, int maxMessages)
    {
        MessageBatch batch;
        lock (_gate)
        {
            Reads.Add((after, maxMessages));
            if (Fault is not null) throw Fault;
            var bytes = 0L;
            batch = Batch([
                .. _messages.Where(message => message.Offset > after).Take(maxMessages)
                    .TakeWhile(message => Fits(message, ref bytes))]);
        }

        await OnRead();
        return batch;
    }

    public Task UnsubscribeAsync(string gatewayId) => Task.CompletedTask;

    Task<ChannelMessages> IBroadcastGrain.ReadChannelsAsync(ChannelRange[] ranges, int maxMessages) =>
        throw new NotSupportedException();

    Task<ChannelPage> IBroadcastGrain.ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit) =>
        throw new NotSupportedException();

    Task<bool> IBroadcastGrain.RetractAsync(string channel, long offset) => throw new NotSupportedException();

    public Task<PublishResult> PublishAsync(PublishBatch batch) => throw new NotSupportedException();

    /// <summary>One MiB per read but at least one message, like the silos.</summary>
    private static bool Fits(Message message, ref long bytes)
    {
        var isFirst = bytes == 0;
        bytes += message.Payload.Length;
        return isFirst || bytes <= 1 << 20;
    }

    private MessageBatch Batch(Message[] messages) => new(Epoch, FirstRetained, Head, messages);

    /// <summary>Returns the channel for every grain.</summary>
    public class Factory : DispatchProxy
    {
        public FakeChannel? Channel { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Channel;
    }
}
