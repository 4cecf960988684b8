namespace NotifyHub.GrainInterfaces;

/// <summary>A message of a channel as it stands in the log. Never changes once written.</summary>
/// <param name="Offset">Its place in the channel, from 1.</param>
/// <param name="Payload">UTF-8 JSON, exactly the text frame that a client without a subprotocol gets.</param>
/// <param name="IsNotification">The payload is <c>{"type":"new_notification","data":…}</c> around a REST notification.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Message")]
public sealed record Message(
    [property: Id(0)] long Offset,
    [property: Id(1)] byte[] Payload,
    [property: Id(2)] bool IsNotification);

/// <summary>Messages with consecutive offsets (but for what is no longer retained, which only a read from the start can meet).</summary>
/// <param name="Epoch">The log's life: a log that was lost and begun anew has another.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset at the time of the answer; 0 in an empty channel.</param>
/// <param name="Messages">In order; empty when there is nothing above the offset asked for.</param>
/// <param name="AcceptedAt">When the first of them was accepted by the gateway that took it in; null when that is no longer known.</param>
/// <param name="Traces">W3C trace contexts of the commits that they come from, where these are recorded; null without any.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.MessageBatch")]
public sealed record MessageBatch(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] Message[] Messages,
    [property: Id(4)] DateTimeOffset? AcceptedAt = null,
    [property: Id(5)] string[]? Traces = null);

/// <summary>Where a channel stands.</summary>
/// <param name="Epoch">The log's life.</param>
/// <param name="FirstRetained">The oldest offset that can still be read; <c>Head + 1</c> when there is none.</param>
/// <param name="Head">The newest durable offset; 0 in an empty channel.</param>
/// <param name="EpochStart">The newest offset when the epoch began: what is above was published in it. Null when that is not
/// known.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ChannelHead")]
public sealed record ChannelHead(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long FirstRetained,
    [property: Id(2)] long Head,
    [property: Id(3)] long? EpochStart = null);

/// <summary>
/// What a gateway has of a channel. Gateways get messages only after the commit, so one that is ahead of the database proves
/// that the database has lost messages that were acknowledged.
/// </summary>
/// <param name="Epoch">The log's life.</param>
/// <param name="Head">The newest offset there.</param>
/// <param name="HeadHash">SHA-256 of the payload at that offset; null when it is not known or not told.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LogPosition")]
public sealed record LogPosition(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long Head,
    [property: Id(2)] byte[]? HeadHash = null);

/// <summary>What someone wants published: either a ready payload (a push) or a notification, whose payload the grain makes.</summary>
[GenerateSerializer, Immutable, Alias("NotifyHub.Draft")]
public sealed record Draft(
    [property: Id(0)] byte[]? Payload,
    [property: Id(1)] NotificationDraft? Notification)
{
    /// <summary>A push: one JSON object, UTF-8, broadcast byte for byte.</summary>
    public static Draft Push(byte[] payload) => new(payload, null);

    public static Draft Of(NotificationDraft notification) => new(null, notification);
}

/// <summary>A publish: one or more drafts, appended together or not at all.</summary>
/// <param name="Drafts">At least one.</param>
/// <param name="IdempotencyKey">When given and already used on this channel, nothing is appended and the first answer is repeated.</param>
/// <param name="AcceptedAt">When the gateway had read it, by the gateway's clock; null: when it came to the grain.</param>
/// <param name="RequestHash">Tells requests under the same key apart: another hash is another request. Null: not
/// compared.</param>
/// <param name="Known">What the gateway that publishes has of the channel; null when that is nothing.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.PublishBatch")]
public sealed record PublishBatch(
    [property: Id(0)] Draft[] Drafts,
    [property: Id(1)] string? IdempotencyKey = null,
    [property: Id(2)] DateTimeOffset? AcceptedAt = null,
    [property: Id(3)] byte[]? RequestHash = null,
    [property: Id(4)] LogPosition? Known = null);

/// <summary>The durable offsets of a publish, consecutive from <paramref name="FirstOffset"/>.</summary>
/// <param name="FirstOffset">Offset of the first draft.</param>
/// <param name="Count">How many drafts the publish had.</param>
/// <param name="Repeated">The idempotency key was used before: this is what was answered then.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.PublishResult")]
public sealed record PublishResult(
    [property: Id(0)] long FirstOffset,
    [property: Id(1)] int Count,
    [property: Id(2)] bool Repeated);
