namespace NotifyHub.GrainInterfaces;

/// <summary>A channel's queue to the database is full: nothing was appended, and the caller should retry later.</summary>
[GenerateSerializer, Alias("NotifyHub.ChannelBusyException")]
public sealed class ChannelBusyException : Exception
{
    public ChannelBusyException() : this("The channel's publish queue is full.")
    {
    }

    public ChannelBusyException(string message) : base(message)
    {
    }

    public ChannelBusyException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
