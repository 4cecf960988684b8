namespace NotifyHub.GrainInterfaces;

/// <summary>A publish: one or more drafts, appended together or not at all.</summary>
/// <param name="Drafts">At least one.</param>
/// <param name="IdempotencyKey">If it was already used on this channel, nothing is appended and the first answer is
/// repeated.</param>
/// <param name="AcceptedAt">When the gateway had read it, by the gateway's clock; null: when it came to the grain.</param>
/// <param name="RequestHash">Distinguishes requests under the same key: another hash is another request. Null: not
/// compared.</param>
/// <param name="Known">What the gateway that publishes has of the channel; null when that is nothing.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.PublishBatch")]
public sealed record PublishBatch(
    [property: Id(0)] Draft[] Drafts,
    [property: Id(1)] string? IdempotencyKey = null,
    [property: Id(2)] DateTimeOffset? AcceptedAt = null,
    [property: Id(3)] byte[]? RequestHash = null,
    [property: Id(4)] LogPosition? Known = null);
