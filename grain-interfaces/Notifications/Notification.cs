namespace NotifyHub.GrainInterfaces;

/// <summary>A REST notification before it has a place in the log. Fields are validated by the gateway.</summary>
/// <param name="Type">"windows" unless given.</param>
/// <param name="Title">1–255 characters.</param>
/// <param name="Message">1–10,000 characters.</param>
/// <param name="Severity">info, success, warning, error or critical.</param>
/// <param name="Priority">low, normal or high.</param>
/// <param name="MetadataJson">Any JSON value, as given.</param>
/// <param name="CreatedAt">UTC, set by the gateway that accepted the request.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationDraft")]
public sealed record NotificationDraft(
    [property: Id(0)] string Type,
    [property: Id(1)] string Title,
    [property: Id(2)] string Message,
    [property: Id(3)] string Severity,
    [property: Id(4)] string Priority,
    [property: Id(5)] string? Icon,
    [property: Id(6)] string? ActionUrl,
    [property: Id(7)] string? Repo,
    [property: Id(8)] string? Branch,
    [property: Id(9)] string? CommitSha,
    [property: Id(10)] string? MetadataJson,
    [property: Id(11)] DateTimeOffset CreatedAt);

/// <summary>A published notification: its draft, its place in a channel, and what has happened to it since.</summary>
/// <param name="Id">Its offset in its channel.</param>
/// <param name="Draft">What was published.</param>
/// <param name="Status">One of <see cref="NotificationStatus"/>.</param>
/// <param name="UpdatedAt">UTC of the last change of status.</param>
/// <param name="DeliveredAt">UTC of when the grid learned that a first client had been sent it.</param>
/// <param name="ReadAt">UTC of the change to <c>read</c>.</param>
/// <param name="Deliveries">How often it was sent to a client, in the whole grid; null where that is not told: in what goes out to the
/// clients, and by a silo of before there were counts.</param>
/// <param name="Channel">The channel it was published on; together with <paramref name="Id"/> it names the notification.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.Notification")]
public sealed record Notification(
    [property: Id(0)] long Id,
    [property: Id(1)] NotificationDraft Draft,
    [property: Id(2)] string Status,
    [property: Id(3)] DateTimeOffset UpdatedAt,
    [property: Id(4)] DateTimeOffset? DeliveredAt,
    [property: Id(5)] DateTimeOffset? ReadAt,
    [property: Id(6)] long? Deliveries = null,
    [property: Id(7)] string Channel = GrainKeys.PublicChannel)
{
    /// <summary>The notification as it was at the moment of its publication: what the log keeps and what a retry is answered.</summary>
    public static Notification AsPublished(string channel, long offset, NotificationDraft draft) =>
        new(offset, draft, NotificationStatus.Pending, draft.CreatedAt, null, null, Channel: channel);
}

/// <summary>The life of a notification.</summary>
public static class NotificationStatus
{
    /// <summary>Durable, but no client was connected anywhere when it was handed out.</summary>
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Dismissed = "dismissed";
    public const string Expired = "expired";

    public static readonly IReadOnlyList<string> All = [Pending, Delivered, Read, Dismissed, Expired];
}

/// <summary>The severities of the contract, mildest first.</summary>
public static class Severity
{
    public const string Info = "info";

    public static readonly IReadOnlyList<string> All = [Info, "success", "warning", "error", "critical"];
}

/// <summary>The priorities of the contract, lowest first.</summary>
public static class Priority
{
    public const string Normal = "normal";

    public static readonly IReadOnlyList<string> All = ["low", Normal, "high"];
}
