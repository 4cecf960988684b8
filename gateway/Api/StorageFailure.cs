namespace NotifyHub.Gateway.Api;

/// <summary>Tells the faults of the storage apart by their words, which are all that the grid's status has of them.</summary>
internal static class StorageFailure
{
    private static readonly Text Unavailable = new("儲存無法使用", "The storage is unavailable");

    // From the faults of grains/Storage that are marked IsBroken. A test drops a table, so that it notices other words.
    private static readonly string[] Broken =
        ["lacks a table", "denies its user a right", "is damaged", "is not a SQLite database"];

    /// <summary>Whether the API answers <c>STORAGE_BROKEN</c> because of it.</summary>
    public static bool IsBroken(string why) => Array.Exists(Broken, words => why.Contains(words, StringComparison.Ordinal));

    public static Text Message(string why) => IsBroken(why) ? ErrorCatalogue.StorageBroken.Message : Unavailable;
}
