namespace NotifyHub.Console.Api;

public static class KeyScopes
{
    public static readonly IReadOnlyList<string> All = ["publish", "read", "tokens"];

    /// <summary>Those that a new key has unless others are chosen: one that issues client tokens can act as any user.</summary>
    public static readonly IReadOnlyList<string> Default = ["publish", "read"];
}
