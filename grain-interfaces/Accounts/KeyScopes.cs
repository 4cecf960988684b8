namespace NotifyHub.GrainInterfaces;

/// <summary>What an API key may be used for.</summary>
public static class KeyScopes
{
    /// <summary>To publish, and to mark notifications.</summary>
    public const string Publish = "publish";

    /// <summary>To read, and to receive by WebSocket.</summary>
    public const string Read = "read";

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<string> All = [Publish, Read];
}
