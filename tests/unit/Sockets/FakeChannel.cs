using System.Reflection;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>The channel's grain as a gateway sees it, kept in memory. For any thread.</summary>
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

    /// <summary>What the last gateway said that it has.</summary>
    public LogPosition? Known { get; private set; }

    /// <summary>What every call meets.</summary>
    public Exception? Fault { get; set; }

    public List<(long After, int Max)> Reads { get; } = [];

    /// <summary>Something that happens when a page is asked for, after it was made up.</summary>
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

    /// <summary>The end behind this offset is lost, and the log goes on in a new epoch.</summary>
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
            batch = Batch(
                [.. _messages.Where(message => message.Offset > after).Take(maxMessages).TakeWhile(message => Fits(message, ref bytes))]);
        }

        await OnRead();
        return batch;
    }

    public Task UnsubscribeAsync(string gatewayId) => Task.CompletedTask;

    public Task<PublishResult> PublishAsync(PublishBatch batch) => throw new NotSupportedException();

    /// <summary>One MiB a read, but at least one message, as the silos do.</summary>
    private static bool Fits(Message message, ref long bytes)
    {
        var isFirst = bytes == 0;
        bytes += message.Payload.Length;
        return isFirst || bytes <= 1 << 20;
    }

    private MessageBatch Batch(Message[] messages) => new(Epoch, FirstRetained, Head, messages);

    /// <summary>Answers every request for a grain with the channel.</summary>
    public class Factory : DispatchProxy
    {
        public FakeChannel? Channel { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Channel;
    }
}
