namespace NotifyHub.Grains.Storage;

/// <summary>What the database was used for; each has a state of its own in <see cref="StorageHealth"/>.</summary>
public enum StorageUse
{
    Read,
    Commit,
}
