using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>The channels' logs: append-only rows (channel, offset), one durable transaction a batch.</summary>
#pragma warning disable CS9113
public sealed class MessageStore(Database database)
{
    /// <summary>Where the channel stands; makes the channel, with a new epoch, when it does not exist.</summary>
    public Task<ChannelHead> OpenAsync(string channel, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>
    /// Appends consecutive messages, with the rows of those that are notifications and the idempotency keys used, in one durable transaction.
    /// </summary>
    /// <exception cref="FencedException">Another activation has already written one of these offsets or keys: nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The database failed; whether it committed is unknown.</exception>
    public Task AppendAsync(
        string channel,
        IReadOnlyList<Message> messages,
        IReadOnlyList<Notification> notifications,
        IReadOnlyList<PublishKey> keys,
        CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Messages above <paramref name="after"/>, at most so many and so many bytes of payload, but at least one if there is one.</summary>
    public Task<Message[]> ReadAsync(string channel, long after, int maxMessages, int maxBytes, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>What was answered to a publish with this key; null when it is new (or too old to be remembered).</summary>
    public Task<PublishResult?> FindKeyAsync(string channel, string key, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Deletes, in small batches, what is older or more than allowed, never the newest message. Answers the oldest offset left.</summary>
    public Task<long> SweepAsync(string channel, DateTimeOffset olderThan, long keepNewest, CancellationToken cancellation) =>
        throw new NotImplementedException();
}

/// <summary>An idempotency key and what its publish was given.</summary>
public sealed record PublishKey(string Key, long FirstOffset, int Count);

/// <summary>The unique key (channel, offset) says that another activation of the channel's grain writes too.</summary>
public sealed class FencedException : Exception
{
    public FencedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
