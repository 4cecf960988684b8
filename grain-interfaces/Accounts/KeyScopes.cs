namespace NotifyHub.GrainInterfaces;

/// <summary>What an API key may be used for.</summary>
public static class KeyScopes
{
    /// <summary>To publish, and to mark notifications.</summary>
    public const string Publish = "publish";

    /// <summary>To read, and to receive by WebSocket.</summary>
    public const string Read = "read";

    /// <summary>To issue and revoke client tokens, and so to act as any user.</summary>
    public const string Tokens = "tokens";

    /// <summary>All of them, in the order in which they are shown.</summary>
    public static readonly IReadOnlyList<string> All = [Publish, Read, Tokens];

    /// <summary>Those of a key that was made without naming any.</summary>
    public static readonly IReadOnlyList<string> Default = [Publish, Read];
}
