using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// Publishes with idempotency keys that are in progress. A repeated request gets the answer of the first one; another request
/// with the key is refused. Keys that were used earlier are found by the commit.
/// </summary>
/// <param name="append">Makes a publish durable.</param>
internal sealed class KeyedPublishes(Func<PublishBatch, Task<PublishResult>> append)
{
    private readonly Dictionary<string, (Task<PublishResult> Publish, byte[]? RequestHash)> _inFlight =
        new(StringComparer.Ordinal);

    public async Task<PublishResult> PublishAsync(PublishBatch batch, string key)
    {
        if (_inFlight.TryGetValue(key, out var first))
        {
            if (!PublishKey.IsSame(first.RequestHash, batch.RequestHash)) throw new IdempotencyConflictException();
            return await first.Publish with { Repeated = true };
        }

        var publish = append(batch);
        _inFlight[key] = (publish, batch.RequestHash);
        try
        {
            return await publish;
        }
        finally
        {
            _inFlight.Remove(key);
        }
    }
}
