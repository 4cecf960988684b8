namespace NotifyHub.Grains.Storage;

/// <summary>Another activation of the channel's grain writes too: the unique key (channel, offset), or another one, says so.</summary>
public sealed class FencedException : Exception
{
    public FencedException(string message) : base(message)
    {
    }

    public FencedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
