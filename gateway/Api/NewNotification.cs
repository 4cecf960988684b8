using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>POST /api/notifications/windows</c>, as the API's description shows it; it is read by
/// <see cref="NotificationRules"/>, which reports every fault at once. Lengths are in Unicode characters.</summary>
public sealed record NewNotification(
    [property: StringLength(NotificationRules.TitleLength, MinimumLength = 1)] string Title,
    [property: StringLength(NotificationRules.MessageLength, MinimumLength = 1)] string Message,
    [property: StringLength(NotificationRules.TypeLength, MinimumLength = 1)] string? Type = "windows",
    [property: AllowedValues("info", "success", "warning", "error", "critical")] string? Severity = "info",
    [property: AllowedValues("low", "normal", "high")] string? Priority = "normal",
    [property: StringLength(NotificationRules.LinkLength)] string? Icon = null,
    [property: JsonPropertyName("action_url"), StringLength(NotificationRules.LinkLength)] string? ActionUrl = null,
    [property: StringLength(NotificationRules.RevisionLength)] string? Repo = null,
    [property: StringLength(NotificationRules.RevisionLength)] string? Branch = null,
    [property: JsonPropertyName("commit_sha"), StringLength(NotificationRules.RevisionLength)] string? CommitSha = null,
    JsonElement? Metadata = null);
