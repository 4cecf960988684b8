namespace NotifyHub.GrainInterfaces;

/// <summary>Something to publish: either a ready payload (a push) or a notification, whose payload the grain makes.</summary>
/// <param name="Payload">Of a push: one JSON object, UTF-8.</param>
/// <param name="Fields">Of a notification.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Draft")]
public sealed record Draft(
    [property: Id(0)] byte[]? Payload,
    [property: Id(1)] NotificationDraft? Fields)
{
    /// <summary>A push: one JSON object, UTF-8, broadcast byte for byte.</summary>
    public static Draft Push(byte[] payload) => new(payload, null);

    public static Draft Of(NotificationDraft notification) => new(null, notification);
}
