namespace NotifyHub.GrainInterfaces;

/// <summary>The database cannot be reached or refused the write. Nothing was acknowledged; the caller may retry.</summary>
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
