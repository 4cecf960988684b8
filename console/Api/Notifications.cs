using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>A notification as it stands. Dates are the grid's own time.</summary>
public sealed record Notification
{
    public long Id { get; init; }

    public string Type { get; init; } = "";

    public string Title { get; init; } = "";

    public string Message { get; init; } = "";

    public string Severity { get; init; } = "info";

    public string Priority { get; init; } = "normal";

    public string? Icon { get; init; }

    public string? ActionUrl { get; init; }

    public string? Repo { get; init; }

    public string? Branch { get; init; }

    public string? CommitSha { get; init; }

    public JsonElement? Metadata { get; init; }

    public string Status { get; init; } = "";

    public string CreatedAt { get; init; } = "";

    public string? UpdatedAt { get; init; }

    public string? DeliveredAt { get; init; }

    public string? ReadAt { get; init; }

    /// <summary>How often it was sent to a client; null from a grid that does not count yet.</summary>
    public long? Deliveries { get; init; }

    public string Channel { get; init; } = "";

    public long Offset { get; init; }
}

public sealed record NotificationPage(IReadOnlyList<Notification> Notifications, long Total);

/// <summary>What is to be sent: now, or by a schedule.</summary>
public sealed record NotificationDraft
{
    public required string Title { get; init; }

    public required string Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    public string Severity { get; init; } = "info";

    public string Priority { get; init; } = "normal";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Icon { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ActionUrl { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Repo { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Branch { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CommitSha { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get; init; }
}

public sealed record NotificationStats(
    long Total, long Today, IReadOnlyDictionary<string, long> ByStatus, IReadOnlyDictionary<string, long> BySeverity);

public sealed record NewStatus(string Status);

/// <summary>Null: all of them.</summary>
public sealed record NotificationFilter(string? Status = null, string? Severity = null, string? Search = null);

public static class NotificationStatus
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Read = "read";
    public const string Dismissed = "dismissed";
    public const string Expired = "expired";

    public static readonly IReadOnlyList<string> All = [Pending, Delivered, Read, Dismissed, Expired];
}

public static class NotificationSeverity
{
    public static readonly IReadOnlyList<string> All = ["info", "success", "warning", "error", "critical"];
}

public static class NotificationPriority
{
    public static readonly IReadOnlyList<string> All = ["low", "normal", "high"];
}
