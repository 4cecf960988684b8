using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>The gateway's one way of publishing to the public channel.</summary>
public sealed class Publisher(
    IGrainFactory grains, ChannelFollower follower, ChannelLogs logs, GatewayMetrics metrics, TimeProvider time)
{
    private IBroadcastGrain? _channel;

    // Not got before it is used: a gateway may start before its silos, and then knows no grains yet. Got once: Orleans looks at
    // the interface's attributes each time, which costs a publish a tenth.
    private IBroadcastGrain Channel => _channel ??= grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));

    /// <summary>Returns once it is durable; fails as <see cref="IBroadcastGrain.PublishAsync"/> does.</summary>
    /// <param name="batch">What is published.</param>
    /// <param name="source">One of <see cref="PublishSource"/>.</param>
    public Task<PublishResult> PublishAsync(PublishBatch batch, string source) =>
        PublishAsync(Channel, batch with { Known = follower.Position }, source);

    /// <summary>Publishes one draft to its channel. Answers its offset; null: it is not stored.</summary>
    /// <param name="draft">With a target.</param>
    /// <param name="source">One of <see cref="PublishSource"/>.</param>
    /// <param name="acceptedAt">When it was read.</param>
    public async Task<long?> PublishAsync(Draft draft, string source, DateTimeOffset acceptedAt)
    {
        if (logs.Count == 0) throw new TimeoutException("The grid does not answer.");
        var log = logs.Of(draft.Target!.Channel);
        var result = await PublishAsync(log.Grain, new PublishBatch([draft], null, acceptedAt, Known: log.Position), source);
        return result.FirstOffset > 0 ? result.FirstOffset : null;
    }

    private async Task<PublishResult> PublishAsync(IBroadcastGrain log, PublishBatch batch, string source)
    {
        var begun = time.GetTimestamp();
        try
        {
            var result = await log.PublishAsync(batch);
            metrics.Published(source, result.Repeated ? 0 : batch.Drafts.Length, time.GetElapsedTime(begun));
            return result;
        }
        // What the caller did wrong is no failure of ours.
        catch (Exception failure) when (failure is not (NotStorableException or IdempotencyConflictException))
        {
            var error = failure switch
            {
                ChannelBusyException => "busy",
                StorageBrokenException => "storage_broken",
                StorageUnavailableException => "storage_unavailable",
                TimeoutException => "timeout",
                OrleansException => "unreachable",
                _ => "internal",
            };
            metrics.PublishFailed(source, error, time.GetElapsedTime(begun));
            throw;
        }
    }
}
