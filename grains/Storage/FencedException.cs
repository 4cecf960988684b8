namespace NotifyHub.Grains.Storage;

/// <summary>Another activation of the channel's grain writes too: a unique key such as (channel, offset) was violated.</summary>
public sealed class FencedException : Exception
{
    public FencedException(string message) : base(message)
    {
    }

    public FencedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
