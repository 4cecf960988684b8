namespace NotifyHub.GrainInterfaces;

/// <summary>Idempotency keys of requests that may go to several logs. Each log knows only its own keys, so a key that comes back
/// with other channels would be new there. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IPublishKeyGrain")]
public interface IPublishKeyGrain : IGrainWithIntegerKey
{
    /// <summary>Makes the key this request's own, durably. The same request may claim it again.</summary>
    /// <exception cref="IdempotencyConflictException">It is another request's.</exception>
    /// <exception cref="StorageUnavailableException">The database failed.</exception>
    [Alias("ClaimAsync"), AnySilo]
    Task ClaimAsync(string key, byte[] requestHash);
}
