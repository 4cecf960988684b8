namespace NotifyHub.GrainInterfaces;

/// <summary>What is set in a namespace. Null: not set, so the option of the namespace <c>default</c> is in effect.</summary>
/// <param name="HistoryLimit"><see cref="NoLimit"/>: set to no limit.</param>
/// <param name="PublishesPerSecond"><see cref="NoLimit"/>: set to no limit.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NamespaceSettings")]
public sealed record NamespaceSettings(
    [property: Id(0)] SubscribeAccess? Subscribe = null,
    [property: Id(1)] PublishAccess? Publish = null,
    [property: Id(2)] Retention? Retention = null,
    [property: Id(3)] int? HistoryLimit = null,
    [property: Id(4)] Presence? Presence = null,
    [property: Id(5)] int? MessageBytes = null,
    [property: Id(6)] int? PublishesPerSecond = null)
{
    public const int NoLimit = 0;

    /// <summary>The options in effect where these are set and the others are as given.</summary>
    public NamespaceOptions Over(NamespaceOptions others) => new(
        Subscribe ?? others.Subscribe,
        Publish ?? others.Publish,
        Retention ?? others.Retention,
        Limit(HistoryLimit, others.HistoryLimit),
        Presence ?? others.Presence,
        MessageBytes ?? others.MessageBytes,
        Limit(PublishesPerSecond, others.PublishesPerSecond));

    private static int? Limit(int? set, int? other) => set is null ? other : set == NoLimit ? null : set;
}
