using System.Text;
using System.Text.RegularExpressions;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>What a schedule may look like.</summary>
public static partial class ScheduleRules
{
    public const int NameLength = 100;
    public const int CronLength = 200;
    public const int ZoneLength = 64;

    // The longest notification, every character of it escaped; what is inside has bounds of its own.
    private const int NotificationBytes = BodyLimits.Notification;
    private const int NotificationDepth = NotificationRules.MetadataDepth + 8;

    private static readonly string[] TimeFields = ["kind", "at", "cron", "time_zone"];

    /// <summary>The schedule that a body asks for; null, with every fault noted, when it is not as it should be.</summary>
    public static ScheduleDraft? Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now, Faults faults)
    {
        if (JsonFields.Parse(utf8, faults, ["name", "notification", "missed", .. TimeFields]) is not { } fields) return null;

        var name = fields.RequiredText("name", 1, NameLength);
        var notification = Notification(fields, now, faults);
        var missed = fields.Choice("missed", MissedRuns.All, MissedRuns.Skip);
        var times = Times(fields, now, faults);
        return faults.Any ? null : times! with { Name = name!, Notification = notification!, Missed = missed! };
    }

    /// <summary>A schedule of which only the times count; null, with every fault noted, when they are invalid.</summary>
    public static ScheduleDraft? ReadTimes(ReadOnlyMemory<byte> utf8, DateTimeOffset now, Faults faults)
    {
        if (JsonFields.Parse(utf8, faults, TimeFields) is not { } fields) return null;
        var times = Times(fields, now, faults);
        return faults.Any ? null : times;
    }

    private static NotificationDraft? Notification(JsonFields fields, DateTimeOffset now, Faults faults)
    {
        if (fields.Raw("notification", NotificationBytes, NotificationDepth) is { } json)
            return NotificationRules.Read(Encoding.UTF8.GetBytes(json), now, faults.Of("notification"));
        faults.Add("notification", new("此欄位為必填", "is required"));
        return null;
    }

    private static ScheduleDraft? Times(JsonFields fields, DateTimeOffset now, Faults faults)
    {
        var kind = fields.Choice("kind", ScheduleKind.All);
        var at = fields.OptionalTime("at");
        var cron = fields.OptionalText("cron", CronLength, min: 1);
        var zone = Zone(fields, faults);
        if (kind is null) return null;

        var (wanted, other) = kind == ScheduleKind.Once ? ("at", "cron") : ("cron", "at");
        if (kind == ScheduleKind.Once ? cron is not null : at is not null)
            faults.Add(other, new($"kind 為 {kind} 時不得有此欄位", $"must not be given when kind is {kind}"));
        if (kind == ScheduleKind.Once ? at is null : cron is null)
            faults.Add(wanted, new($"kind 為 {kind} 時為必填", $"is required when kind is {kind}"));
        if (kind == ScheduleKind.Cron && zone is null)
            faults.Add("time_zone", new("kind 為 cron 時為必填", "is required when kind is cron"));
        if (cron is not null && !Recurrence.TryParseCron(cron, out _))
            faults.Add("cron", new("必須是五個欄位的 cron 運算式", "must be a cron expression of five fields"));
        if (faults.Any) return null;

        // Only the times are known yet.
        var content = new NotificationDraft("", "", "", "", "", null, null, null, null, null, null, now);
        var draft = new ScheduleDraft("", content, kind, at, cron, zone, "");
        if (Recurrence.Next(draft, now) is not null) return draft;
        faults.Add(wanted, kind == ScheduleKind.Once
            ? new("必須是未來的時間", "must lie in the future")
            : new("永遠不會執行", "will never run"));
        return null;
    }

    private static string? Zone(JsonFields fields, Faults faults)
    {
        if (fields.OptionalText("time_zone", ZoneLength, min: 1) is not { } zone) return null;
        // Names only: the system would look for a file of this name.
        if (ZoneName().IsMatch(zone) && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) return zone;
        faults.Add("time_zone", new("不是已知的 IANA 時區", "is not a known IANA time zone"));
        return null;
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*\z")]
    private static partial Regex ZoneName();
}
