namespace NotifyHub.GrainInterfaces;

/// <summary>The database cannot be reached or refused the write. The caller may retry; an acknowledgement was not given.</summary>
[GenerateSerializer, Alias("NotifyHub.StorageUnavailableException")]
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException() : this("The storage is unavailable.")
    {
    }

    public StorageUnavailableException(string message) : base(message)
    {
    }

    public StorageUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>A channel's queue in front of the database is full: nothing was appended, and the caller should come back later.</summary>
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

/// <summary>
/// A list or search would cost too much now: too many run already, or this one took too long. Narrow it, or come back later.
/// </summary>
[GenerateSerializer, Alias("NotifyHub.ListRefusedException")]
public sealed class ListRefusedException : Exception
{
    public ListRefusedException() : this("The list was refused.")
    {
    }

    public ListRefusedException(string message) : base(message)
    {
    }

    public ListRefusedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
