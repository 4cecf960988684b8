namespace NotifyHub.GrainInterfaces;

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
