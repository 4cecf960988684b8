namespace NotifyHub.GrainInterfaces;

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
