namespace NotifyHub.Grains.Storage;

/// <summary>The database's file, or one beside it, was deleted, moved or replaced while it was open.</summary>
internal sealed class FileReplacedException : IOException
{
    public FileReplacedException() : base("The database's file is not the one that was opened.")
    {
    }
}
