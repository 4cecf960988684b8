using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Broadcast;

/// <summary>Idempotency keys of requests that may go to several logs.</summary>
[StatelessWorker, Reentrant, GrainType("publishkey")]
public sealed class PublishKeyGrain(PublishKeyStore keys) : Grain, IPublishKeyGrain
{
    public async Task ClaimAsync(string key, byte[] requestHash)
    {
        if (!await keys.ClaimAsync(key, requestHash, CancellationToken.None)) throw new IdempotencyConflictException();
    }
}
