using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>The form of a schedule, checked before it is sent.</summary>
public sealed class ScheduleFields(GridTime grid)
{
    public const int NameLength = 100;

    public string Name { get; set; } = "";

    public string Kind { get; set; } = ScheduleKind.Once;

    /// <summary>The value of the date and time input, in the grid's time zone.</summary>
    public string At { get; set; } = "";

    public string Cron { get; set; } = "0 9 * * 1-5";

    public string TimeZone { get; set; } = grid.Zone.Id;

    public string Missed { get; set; } = "skip";

    public NotificationFields Notification { get; init; } = new();

    /// <summary>Faults that the API found, per field.</summary>
    public IReadOnlyDictionary<string, string> Refused { get; set; } = new Dictionary<string, string>();

    public static ScheduleFields Of(Schedule schedule, GridTime grid) => new(grid)
    {
        Name = schedule.Name,
        Kind = schedule.Kind,
        At = schedule.At is { } at ? grid.ToInput(at) : "",
        Cron = schedule.Cron ?? "0 9 * * 1-5",
        TimeZone = schedule.TimeZone ?? grid.Zone.Id,
        Missed = schedule.Missed,
        Notification = schedule.Notification is { } draft ? NotificationFields.Of(draft) : new NotificationFields(),
    };

    /// <summary>Distributes the API's faults: those of the notification go to its own form.</summary>
    public void Refuse(IReadOnlyDictionary<string, string> details)
    {
        const string Inner = "notification.";
        Refused = details.Where(detail => !detail.Key.StartsWith(Inner, StringComparison.Ordinal)).ToDictionary();
        Notification.Refused = details.Where(detail => detail.Key.StartsWith(Inner, StringComparison.Ordinal))
            .ToDictionary(detail => detail.Key[Inner.Length..], detail => detail.Value);
    }

    /// <summary>The faults of the schedule itself, by the API's field names.</summary>
    public Dictionary<string, string> Faults(Texts texts, DateTimeOffset now)
    {
        Dictionary<string, string> faults = [];
        if (Name.Trim().Length == 0) faults["name"] = texts.Required;
        else if (Name.Trim().EnumerateRunes().Count() > NameLength) faults["name"] = texts.TooLong(NameLength);
        if (Kind == ScheduleKind.Once)
        {
            if (grid.FromInput(At) is not { } at) faults["at"] = texts.Required;
            else if (at <= now) faults["at"] = texts.MustBeLater;
        }
        else if (Cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != 5)
        {
            faults["cron"] = texts.CronRule;
        }

        foreach (var (field, why) in Refused) faults.TryAdd(field, why);
        return faults;
    }

    /// <summary>Valid only when there are no faults.</summary>
    public ScheduleDraft ToDraft() => new()
    {
        Name = Name.Trim(),
        Notification = Notification.ToDraft(),
        Kind = Kind,
        At = Kind == ScheduleKind.Once ? grid.FromInput(At) : null,
        Cron = Kind == ScheduleKind.Cron ? Cron.Trim() : null,
        TimeZone = Kind == ScheduleKind.Cron ? TimeZone : null,
        Missed = Missed,
    };

    public SchedulePreview ToPreview() => new() { Kind = ScheduleKind.Cron, Cron = Cron.Trim(), TimeZone = TimeZone };
}
