using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>What one commit writes to a log.</summary>
/// <param name="Messages">At least one; their offsets are consecutive.</param>
/// <param name="Retentions">In a log that carries channels: how long each message is kept. Otherwise empty.</param>
/// <param name="Notifications">Those among the messages.</param>
/// <param name="Keys">The idempotency keys that were used.</param>
/// <param name="Retracted">The offsets that retractions among the messages take back.</param>
public sealed record LogAppend(
    IReadOnlyList<Message> Messages,
    IReadOnlyList<Retention> Retentions,
    IReadOnlyList<Notification> Notifications,
    IReadOnlyList<PublishKey> Keys,
    IReadOnlyList<long> Retracted);
