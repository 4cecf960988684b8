namespace NotifyHub.Console.Api;

/// <summary>A namespace of channels with the options in effect.</summary>
/// <param name="HistoryLimit">Null: no limit.</param>
/// <param name="PublishesPerSecond">Null: no limit.</param>
/// <param name="Set">The options that are set in it; the others are those of the namespace <c>default</c>.</param>
public sealed record ChannelNamespace(
    string Name, string Subscribe, string Publish, string Retention, int? HistoryLimit, string Presence, int MessageBytes,
    int? PublishesPerSecond, IReadOnlyList<string> Set)
{
    public const string Default = "default";

    /// <summary>The namespace of users' own channels, whose permissions are fixed.</summary>
    public const string User = "user";

    public bool IsSet(string option) => Set.Contains(option);
}
