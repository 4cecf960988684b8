using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>Why the database failed, in words for an operator: no secret, no path, no SQL.</summary>
/// <param name="What">The rest of a sentence about the database.</param>
/// <param name="Remedy">What to do about it, a sentence; empty when the words before say it.</param>
/// <param name="Passes">A retry may succeed. False: it fails until an operator acts.</param>
/// <param name="IsBroken">The schema, the rights or the file itself are wrong: callers get a specific error, without "try
/// again".</param>
public sealed record StorageFault(string What, string Remedy = "", bool Passes = true, bool IsBroken = false)
{
    /// <summary>For the status and the health checks.</summary>
    public StorageError ToError() => new(ToString(), IsBroken);

    public override string ToString() => Remedy.Length == 0 ? $"The database {What}." : $"The database {What}. {Remedy}";
}
