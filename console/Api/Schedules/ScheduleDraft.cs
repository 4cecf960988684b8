using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>A schedule to create, or the new state of an existing one.</summary>
public sealed record ScheduleDraft
{
    public required string Name { get; init; }

    public required NotificationDraft Notification { get; init; }

    public required string Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cron { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeZone { get; init; }

    public required string Missed { get; init; }
}
