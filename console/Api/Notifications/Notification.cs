using System.Text.Json;

namespace NotifyHub.Console.Api;

/// <summary>A stored notification. Dates are in the grid's time zone.</summary>
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

    /// <summary>The number of clients that it was sent to; null when it is not counted.</summary>
    public long? Deliveries { get; init; }

    public string Channel { get; init; } = "";

    public long Offset { get; init; }
}
