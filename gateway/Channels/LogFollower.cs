using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// Keeps a <see cref="LogWindow"/> in step with its log. The grain pushes batches, for speed; a hole is noticed by what a batch
/// covers, or by the head that every renewal returns, and read: push is for speed, pull is for correctness.
/// </summary>
public sealed partial class LogFollower(
    int log, IGrainFactory grains, string gatewayId, WindowBudget budget, GatewayMetrics metrics, ILogger logger) : IDisposable
{
    private const int RepairMessages = 1_000;

    // Read when the log is first known, so that clients of a gateway that has restarted find in memory what they missed.
    private const int TailMessages = 4_000;

    private readonly SemaphoreSlim _repairing = new(1, 1);
    private readonly Lock _gate = new();
    private Task? _nextCatchUp;
    private IBroadcastGrain? _grain;

    public LogWindow Window { get; } = new(budget);

    /// <summary>What the gateway has, for publishes; null: nothing yet.</summary>
    public LogPosition? Position => Window.Epoch is { Length: > 0 } epoch ? new LogPosition(epoch, Window.Head) : null;

    // Got once: Orleans looks at the interface's attributes each time, which costs a publish a tenth.
    public IBroadcastGrain Grain => _grain ??= grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.LogName(log)));

    /// <summary>Registers with the log's grain or renews the registration, and fills a hole if the answer shows one.</summary>
    /// <exception cref="TimeoutException">The grain did not answer within <see cref="GridCall.Timeout"/>.</exception>
    public async Task RenewAsync(IGatewayObserver observer, CancellationToken cancellation)
    {
        var head = await Grain.SubscribeAsync(gatewayId, observer, Position).WaitAsync(GridCall.Timeout, cancellation);
        if (Window.Epoch != head.Epoch) await BeginAsync(head, cancellation);
        else if (head.Head > Window.Head) await RepairAsync(cancellation);
    }

    public Task LeaveAsync() => Grain.UnsubscribeAsync(gatewayId);

    /// <summary>A batch pushed by the grain.</summary>
    public void Take(MessageBatch batch)
    {
        if (Window.TryAppend(batch)) return;
        LogHole(log, Window.Head, batch.From);
        _ = RepairAsync(CancellationToken.None);
    }

    /// <summary>Brings the window to where the log is now. All calls during one read share the next one. Fails when the log
    /// cannot be asked: who then took the window for the log would call what is newer lost.</summary>
    public Task CatchUpAsync(CancellationToken cancellation)
    {
        lock (_gate) return (_nextCatchUp ??= CatchUpNextAsync()).WaitAsync(cancellation);
    }

    public void Dispose() => _repairing.Dispose();

    private async Task BeginAsync(ChannelHead head, CancellationToken cancellation)
    {
        await _repairing.WaitAsync(cancellation);
        var isNew = Window.Epoch.Length == 0;
        if (Window.Epoch != head.Epoch)
        {
            Window.Begin(head.Epoch, isNew ? Math.Max(0, head.Head - TailMessages) : head.Head);
            if (!isNew) LogNewEpoch(log, head.Epoch);
        }

        await RepairNowAsync(cancellation);
    }

    private async Task CatchUpNextAsync()
    {
        // Outside the lock, also when no read is in progress.
        await Task.Yield();
        await _repairing.WaitAsync();
        // A caller from here on may know of something that this read does not see, so it gets the next one.
        lock (_gate) _nextCatchUp = null;
        await ReadMissingAsync(CancellationToken.None);
    }

    private async Task RepairAsync(CancellationToken cancellation)
    {
        await _repairing.WaitAsync(cancellation);
        await RepairNowAsync(cancellation);
    }

    /// <summary>The caller holds <see cref="_repairing"/>; this releases it.</summary>
    private async Task RepairNowAsync(CancellationToken cancellation)
    {
        try
        {
            await ReadMissingAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next renewal, a second from now, sees the hole again.
            LogRepairFailed(log, e.Message);
        }
    }

    /// <summary>The caller holds <see cref="_repairing"/>; this releases it.</summary>
    private async Task ReadMissingAsync(CancellationToken cancellation)
    {
        try
        {
            MessageBatch batch;
            do
            {
                var before = Window.Head;
                batch = await Grain.ReadAsync(before, RepairMessages).WaitAsync(cancellation);
                if (batch.Epoch != Window.Epoch || batch.To <= before) return;
                Window.TryAppend(batch);
                metrics.RepairedMessages(batch.Messages.Length);
            }
            while (Window.Head < batch.Head);
        }
        finally
        {
            _repairing.Release();
        }
    }

    [LoggerMessage(3101, LogLevel.Debug, "Log {Log}: messages after {Head} up to {Next} are missing; reading them")]
    private partial void LogHole(int log, long head, long next);

    [LoggerMessage(3102, LogLevel.Warning, "Log {Log}: a gap could not be filled yet: {Error}")]
    private partial void LogRepairFailed(int log, string error);

    [LoggerMessage(3103, LogLevel.Warning, "Log {Log} has a new epoch {Epoch}; clients with positions of the old one are closed")]
    private partial void LogNewEpoch(int log, string epoch);
}
