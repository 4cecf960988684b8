namespace NotifyHub.GrainInterfaces;

/// <summary>
/// One log. It gives every message its offset, makes it durable, then hands it to every subscribed gateway. The log of <c>all</c>
/// has no gaps (1, 2, 3, …); another one carries many channels, whose offsets grow and skip. Key: <see cref="GrainKeys.Log"/>.
/// </summary>
[Alias("NotifyHub.IBroadcastGrain")]
public interface IBroadcastGrain : IGrainWithStringKey
{
    /// <summary>
    /// Appends the batch, all or nothing, and answers once it is on durable storage. Drafts with <see cref="Retention.None"/>
    /// are handed to the gateways without being stored; a publish that has only such is answered at once, and its idempotency
    /// key is not remembered.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database could not take it; whether it was stored is unknown only when
    /// the connection broke during the commit, and a retry with the same idempotency key then finds out.</exception>
    /// <exception cref="ChannelBusyException">Too much is waiting for the disk already; nothing was appended.</exception>
    /// <exception cref="NotStorableException">This publish can never be stored; nothing of it was appended.</exception>
    /// <exception cref="IdempotencyConflictException">The key was used for another request; nothing was appended.</exception>
    /// <exception cref="ChannelRateException">A channel's limit per second would be broken; nothing was appended.</exception>
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

    /// <summary>Reads retained messages with offsets above <paramref name="after"/>, oldest first. In a log that carries
    /// channels, expired, replaced and retracted ones may be among them, as in what the gateways are given.</summary>
    /// <param name="after">The last offset that the reader has; 0 for everything.</param>
    /// <param name="maxMessages">1 to 1,000; fewer come when the batch would pass 1 MiB, but always at least one where one is
    /// left.</param>
    [Alias("ReadAsync"), AnySilo]
    Task<MessageBatch> ReadAsync(long after, int maxMessages);

    /// <summary>Reads what is retained of some channels of this log, for clients that come back: one query for all of
    /// them.</summary>
    /// <param name="ranges">1 to 1,000 channels or patterns of this log.</param>
    /// <param name="maxMessages">1 to 1,000; fewer come when the batch would pass 1 MiB, but always at least one where one is
    /// left.</param>
    /// <exception cref="ChannelBusyException">Too many such reads wait, or this one took too long.</exception>
    [Alias("ReadChannelsAsync"), AnySilo]
    Task<ChannelMessages> ReadChannelsAsync(ChannelRange[] ranges, int maxMessages);

    /// <summary>Reads a page of one channel backwards.</summary>
    /// <param name="channel">A channel of this log.</param>
    /// <param name="before">Only messages with smaller offsets; null: the newest.</param>
    /// <param name="limit">1 to 500; fewer come when the page would pass 1 MiB, but at least one where one is left.</param>
    /// <param name="historyLimit">Only the newest so many of the channel; null: no limit.</param>
    /// <exception cref="ChannelBusyException">Too many such reads wait, or this one took too long.</exception>
    [Alias("ReadHistoryAsync"), AnySilo]
    Task<ChannelPage> ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit);

    /// <summary>Takes a message back: it counts as not retained from here on, and a retraction, which the log carries like a
    /// message, tells everybody who may have it. Returns once that is durable. False: there is no such message.</summary>
    /// <exception cref="StorageUnavailableException">The database could not take it.</exception>
    [Alias("RetractAsync"), AnySilo]
    Task<bool> RetractAsync(string channel, long offset);
}
