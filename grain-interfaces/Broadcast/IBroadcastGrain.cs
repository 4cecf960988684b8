namespace NotifyHub.GrainInterfaces;

/// <summary>
/// One channel: a log. It gives every message its offset (1, 2, 3, … without gaps), makes it durable, then hands it to every
/// subscribed gateway. Key: <see cref="GrainKeys.Channel"/>.
/// </summary>
[Alias("NotifyHub.IBroadcastGrain")]
public interface IBroadcastGrain : IGrainWithStringKey
{
    /// <summary>
    /// Appends the batch, all or nothing, and answers once it is on durable storage.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database could not take it; whether it was stored is unknown only when
    /// the connection broke during the commit, and a retry with the same idempotency key then finds out.</exception>
    /// <exception cref="ChannelBusyException">Too much is waiting for the disk already; nothing was appended.</exception>
    /// <exception cref="NotStorableException">This publish can never be stored; nothing of it was appended.</exception>
    /// <exception cref="IdempotencyConflictException">The key was used for another request; nothing was appended.</exception>
    [Alias("PublishAsync"), AnySilo]
    Task<PublishResult> PublishAsync(PublishBatch batch);

    /// <summary>
    /// Subscribes a gateway or renews its subscription (once per second). Returns the channel's position, so that a gateway
    /// detects that it missed even the last message.
    /// </summary>
    /// <param name="gatewayId">The subscribing gateway.</param>
    /// <param name="observer">Receives the messages.</param>
    /// <param name="known">What the gateway has; null when that is nothing. If it is more than the database has, the log gets a
    /// new epoch, which the answer names.</param>
    [Alias("SubscribeAsync"), AnySilo]
    Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known);

    [Alias("UnsubscribeAsync"), AnySilo]
    Task UnsubscribeAsync(string gatewayId);

    /// <summary>Reads retained messages with offsets above <paramref name="after"/>, oldest first.</summary>
    /// <param name="after">The last offset that the reader has; 0 for everything.</param>
    /// <param name="maxMessages">1 to 1,000; fewer come when the batch would pass 1 MiB, but always at least one where one is
    /// left.</param>
    [Alias("ReadAsync"), AnySilo]
    Task<MessageBatch> ReadAsync(long after, int maxMessages);
}
