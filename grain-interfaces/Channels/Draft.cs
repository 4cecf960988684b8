namespace NotifyHub.GrainInterfaces;

/// <summary>Something to publish: either a ready payload (a push) or a notification, whose payload the grain makes.</summary>
/// <param name="Payload">Of a push: one JSON object, UTF-8.</param>
/// <param name="Fields">Of a notification.</param>
/// <param name="Target">The channel that it goes to; null: <c>all</c>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Draft")]
public sealed record Draft(
    [property: Id(0)] byte[]? Payload,
    [property: Id(1)] NotificationDraft? Fields,
    [property: Id(2)] ChannelTarget? Target = null)
{
    /// <summary>A push: one JSON object, UTF-8, broadcast byte for byte.</summary>
    public static Draft Push(byte[] payload, ChannelTarget? target = null) => new(payload, null, target);

    public static Draft Of(NotificationDraft notification, ChannelTarget? target = null) => new(null, notification, target);
}
