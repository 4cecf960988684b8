namespace NotifyHub.Grains.Storage;

/// <summary>Times are stored as milliseconds since 1970, UTC.</summary>
internal static class StoredTime
{
    public static DateTimeOffset Of(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? Of(long? milliseconds) => milliseconds is { } value ? Of(value) : null;

    public static long ToStored(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    /// <summary>Now, as it is stored.</summary>
    public static long Now(TimeProvider time) => time.GetUtcNow().ToStored();
}
