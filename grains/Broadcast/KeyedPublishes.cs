using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// Publishes with idempotency keys. The first one with a key appends; a repeated request gets the same answer, even while the
/// first is in progress; another request with the key is refused.
/// </summary>
/// <param name="find">What is stored under a key; null when it is new.</param>
/// <param name="append">Makes a publish durable.</param>
internal sealed class KeyedPublishes(Func<string, Task<PublishKey?>> find, Func<PublishBatch, Task<PublishResult>> append)
{
    private readonly Dictionary<string, (Task<PublishResult> Publish, byte[]? RequestHash)> _inFlight =
        new(StringComparer.Ordinal);

    public async Task<PublishResult> PublishAsync(PublishBatch batch, string key)
    {
        if (_inFlight.TryGetValue(key, out var first))
        {
            RequireSame(first.RequestHash, batch.RequestHash);
            return await first.Publish with { Repeated = true };
        }

        var publish = AppendOnceAsync(batch, key);
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

    private async Task<PublishResult> AppendOnceAsync(PublishBatch batch, string key)
    {
        if (await find(key) is not { } used) return await append(batch);
        RequireSame(used.RequestHash, batch.RequestHash);
        return new PublishResult(used.FirstOffset, used.Count, Repeated: true);
    }

    private static void RequireSame(byte[]? first, byte[]? again)
    {
        // Without a hash (a schedule, whose keys are unique) only the key is compared.
        if (first is null || again is null || first.AsSpan().SequenceEqual(again)) return;
        throw new IdempotencyConflictException();
    }
}
