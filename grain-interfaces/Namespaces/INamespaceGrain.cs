namespace NotifyHub.GrainInterfaces;

/// <summary>The options of the namespaces. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.INamespaceGrain")]
public interface INamespaceGrain : IGrainWithIntegerKey
{
    /// <summary>What is set; null: nothing has changed since <paramref name="known"/>.</summary>
    /// <param name="known">The version that the caller has; null: none.</param>
    /// <exception cref="StorageUnavailableException">The database cannot be reached.</exception>
    [Alias("ReadAsync"), AnySilo]
    Task<NamespaceSnapshot?> ReadAsync(string? known);

    /// <summary>Replaces what is set in a namespace. False: it has no options yet, and there are
    /// <see cref="NamespaceSnapshot.MaxNamespaces"/> that have.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached.</exception>
    [Alias("SetAsync"), AnySilo]
    Task<bool> SetAsync(string name, NamespaceSettings settings);

    /// <summary>Nothing is set in the namespace from here on. False: nothing was.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be reached.</exception>
    [Alias("DeleteAsync"), AnySilo]
    Task<bool> DeleteAsync(string name);
}
