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

    private static readonly string[] Fields =
    [
        "title", "message", "type", "severity", "priority", "icon", "action_url", "repo", "branch", "commit_sha", "metadata",
    ];

    /// <summary>The notification that a body asks for; null, with every fault noted, when it is not as it should be.</summary>
    public static NotificationDraft? Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now, Faults faults)
    {
        if (utf8.Length > BodyLimits.Notification)
        {
            faults.Add(
                Faults.Body,
                new($"不得超過 {BodyLimits.Notification} 位元組", $"must not be longer than {BodyLimits.Notification} bytes"));
            return null;
        }

        if (JsonFields.Parse(utf8, faults, Fields) is not { } fields) return null;

        var type = fields.OptionalText("type", TypeLength, min: 1);
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
