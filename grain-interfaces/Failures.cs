namespace NotifyHub.GrainInterfaces;

/// <summary>The database cannot be reached or refused the write. The caller may retry; an acknowledgement was not given.</summary>
[GenerateSerializer, Alias("NotifyHub.StorageUnavailableException")]
public class StorageUnavailableException : Exception
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

    /// <summary>The same failure without the driver's exception, which cannot be serialized and names SQL and hosts.</summary>
    public virtual StorageUnavailableException WithoutCause() => new(Message);
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

/// <summary>What was to be written can never be stored as it is: trying again is of no use. Nothing of it was stored.</summary>
[GenerateSerializer, Alias("NotifyHub.NotStorableException")]
public sealed class NotStorableException : Exception
{
    public NotStorableException() : this("This cannot be stored.")
    {
    }

    public NotStorableException(string message) : base(message)
    {
    }

    public NotStorableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>The idempotency key was used before, for another request. Nothing was appended.</summary>
[GenerateSerializer, Alias("NotifyHub.IdempotencyConflictException")]
public sealed class IdempotencyConflictException : Exception
{
    public IdempotencyConflictException() : this("The idempotency key was used for another request.")
    {
    }

    public IdempotencyConflictException(string message) : base(message)
    {
    }

    public IdempotencyConflictException(string message, Exception innerException) : base(message, innerException)
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
