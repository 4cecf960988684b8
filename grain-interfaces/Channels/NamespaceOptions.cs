namespace NotifyHub.GrainInterfaces;

/// <summary>The options of a namespace as they are in effect: what was not set is the default.</summary>
/// <param name="Subscribe">Who may subscribe.</param>
/// <param name="Publish">Who may publish by a socket.</param>
/// <param name="Retention">How long messages are kept.</param>
/// <param name="HistoryLimit">Messages per channel that history and resume go back at most; null: no limit.</param>
/// <param name="Presence">What is told of who is there.</param>
/// <param name="MessageBytes">Bytes of a message's data.</param>
/// <param name="PublishesPerSecond">Per channel; null: no limit.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NamespaceOptions")]
public sealed record NamespaceOptions(
    [property: Id(0)] SubscribeAccess Subscribe = SubscribeAccess.Token,
    [property: Id(1)] PublishAccess Publish = PublishAccess.Nobody,
    [property: Id(2)] Retention Retention = Retention.Week,
    [property: Id(3)] int? HistoryLimit = null,
    [property: Id(4)] Presence Presence = Presence.Off,
    [property: Id(5)] int MessageBytes = 65_536,
    [property: Id(6)] int? PublishesPerSecond = null);
