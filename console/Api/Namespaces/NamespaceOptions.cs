namespace NotifyHub.Console.Api;

/// <summary>The values of a namespace's options.</summary>
public static class NamespaceOptions
{
    public static readonly IReadOnlyList<string> Subscribe = ["public", "token", "staff"];
    public static readonly IReadOnlyList<string> Publish = ["nobody", "token"];
    public static readonly IReadOnlyList<string> Retention = ["none", "hour", "day", "week", "month"];
    public static readonly IReadOnlyList<string> Presence = ["off", "count", "list"];
}
