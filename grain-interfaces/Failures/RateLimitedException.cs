namespace NotifyHub.GrainInterfaces;

/// <summary>A channel of the publish has had as many publishes as its namespace allows in a second. Nothing was
/// appended; the caller should retry later.</summary>
[GenerateSerializer, Alias("NotifyHub.RateLimitedException")]
public sealed class RateLimitedException : Exception
{
    public RateLimitedException() : this("The channel has had as many publishes as it may have in a second.")
    {
    }

    public RateLimitedException(string message) : base(message)
    {
    }

    public RateLimitedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
