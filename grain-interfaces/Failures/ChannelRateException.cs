namespace NotifyHub.GrainInterfaces;

/// <summary>The publish would break the limit of publishes per second of one of its channels. Nothing was published.</summary>
[GenerateSerializer, Alias("NotifyHub.ChannelRateException")]
public sealed class ChannelRateException : Exception
{
    public ChannelRateException() : this("The channel takes no more publishes at the moment.")
    {
    }

    public ChannelRateException(string message) : base(message)
    {
    }

    public ChannelRateException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <param name="channel">The channel whose limit it is.</param>
    /// <param name="retryAfter">When the channel takes as many again; null: never so many at once.</param>
    public ChannelRateException(string channel, TimeSpan? retryAfter)
        : base($"The channel '{channel}' takes no more publishes at the moment.") => RetryAfter = retryAfter;

    /// <summary>When a retry can succeed; null: not as one publish, because it alone is more than a second's worth.</summary>
    [Id(0)]
    public TimeSpan? RetryAfter { get; private set; }
}
