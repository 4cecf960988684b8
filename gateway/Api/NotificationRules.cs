using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>What a notification may look like.</summary>
public static class NotificationRules
{
    public const int TypeLength = 50;
    public const int TitleLength = 255;
    public const int MessageLength = 10_000;
    public const int LinkLength = 2_048;
    public const int RevisionLength = 255;
    public const int MetadataBytes = 16 << 10;
    public const int MetadataDepth = 32;

    /// <summary>The notification that a body asks for; null, with every fault noted, when it is not as it should be. Fields that
    /// are not known are ignored.</summary>
    public static NotificationDraft? Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now, Faults faults)
    {
        if (utf8.Length > BodyLimits.Notification)
        {
            faults.Add(Faults.Body, new($"不得超過 {BodyLimits.Notification} 位元組", $"must not be longer than {BodyLimits.Notification} bytes"));
            return null;
        }

        if (JsonFields.Parse(utf8, faults) is not { } fields) return null;

        var type = fields.OptionalText("type", TypeLength, least: 1);
        var title = fields.RequiredText("title", 1, TitleLength);
        var message = fields.RequiredText("message", 1, MessageLength);
        var severity = fields.Choice("severity", Severity.All, Severity.Info);
        var priority = fields.Choice("priority", Priority.All, Priority.Normal);
        var icon = fields.OptionalText("icon", LinkLength);
        var actionUrl = fields.OptionalWebLink("action_url", LinkLength);
        var repo = fields.OptionalText("repo", RevisionLength);
        var branch = fields.OptionalText("branch", RevisionLength);
        var commitSha = fields.OptionalText("commit_sha", RevisionLength);
        var metadata = fields.Raw("metadata", MetadataBytes, MetadataDepth);
        if (faults.Any) return null;

        // Whole milliseconds, which every database keeps: the answer to this request and to a later GET show the same time.
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        return new NotificationDraft(
            type ?? "windows", title!, message!, severity!, priority!, icon, actionUrl, repo, branch, commitSha, metadata, now);
    }
}

/// <summary>The body of <c>POST /api/notifications/windows</c>, as the API's description shows it; it is read by
/// <see cref="NotificationRules"/>, which tells every fault at once. Lengths are in Unicode characters.</summary>
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

/// <summary>The body of <c>PATCH /api/notifications/windows/{id}/status</c>.</summary>
public sealed record NewStatus(
    [property: AllowedValues("pending", "delivered", "read", "dismissed", "expired")] string Status);
