namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The database cannot do this before an operator acts: a table or column is missing, a right was revoked, the file is damaged.
/// Until then a retry is of no use; nothing was acknowledged.
/// </summary>
[GenerateSerializer, Alias("NotifyHub.StorageBrokenException")]
public sealed class StorageBrokenException : StorageUnavailableException
{
    public StorageBrokenException() : this("The database needs an operator; the silo's log has the cause.")
    {
    }

    public StorageBrokenException(string message) : base(message)
    {
    }

    public StorageBrokenException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public override StorageUnavailableException WithoutCause() => new StorageBrokenException(Message);
}
