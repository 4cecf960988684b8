using System.Collections.Concurrent;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests.Broadcast;

/// <summary>A gateway that only listens to a channel.</summary>
internal sealed class Listener : IGatewayObserver
{
    private readonly IBroadcastGrain _channel;
    private readonly IGatewayObserver _reference;
    private int _inFlight;

    public Listener(IGrainFactory grains, IBroadcastGrain channel)
    {
        _channel = channel;
        _reference = grains.CreateObjectReference<IGatewayObserver>(this);
    }

    public string Id { get; } = $"gw-{Guid.NewGuid():N}";

    public ConcurrentQueue<MessageBatch> Batches { get; } = new();

    public IEnumerable<long> Offsets => Batches.SelectMany(batch => batch.Messages).Select(message => message.Offset);

    public int MaxInFlight { get; private set; }

    /// <summary>What every delivery waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public bool Fails { get; set; }

    public Task<ChannelHead> SubscribeAsync(LogPosition? known = null) => _channel.SubscribeAsync(Id, _reference, known);

    public async Task DeliverAsync(MessageBatch batch)
    {
        MaxInFlight = Math.Max(MaxInFlight, Interlocked.Increment(ref _inFlight));
        try
        {
            Batches.Enqueue(batch);
            await Ready;
            if (Fails) throw new InvalidOperationException("This gateway fails.");
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    public Task ApplyAsync(ServiceState state) => Task.CompletedTask;

    public Task<LiveCounters[]> DescribeAsync(string[] connectionIds) => Task.FromResult<LiveCounters[]>([]);

    public Task<bool> CloseAsync(string connectionId) => Task.FromResult(false);
}
