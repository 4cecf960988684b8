using NotifyHub.Console.Api;

namespace NotifyHub.Console.Language;

// Scheduled notifications.
public sealed partial class Texts
{
    public string Schedules => Of("排程通知", "Scheduled notifications");
    public string NewSchedule => Of("新增排程", "New schedule");
    public string EditSchedule => Of("編輯排程", "Edit schedule");
    public string ScheduleName => Of("排程名稱", "Name of the schedule");
    public string ScheduleSaved(string next) => Of($"排程已儲存，下次執行 {next}", $"Saved. The next run is at {next}");
    public string Notification => Of("通知內容", "Notification");
    public string When => Of("時間", "When");
    public string Once => Of("一次", "Once");
    public string OnceAt => Of("指定時間發送一次", "Once, at a given time");
    public string Repeated => Of("重複發送（cron）", "Repeatedly (cron)");
    public string AtInZone(string zone) => Of($"時間（{zone}）", $"Time ({zone})");
    public string InMinutes(int minutes) => minutes == 60 ? Of("一小時後", "In an hour") : Of("下一分鐘", "The next minute");
    public string CronLabel => Of("cron 運算式", "Cron expression");
    public string CronRule => Of("五個欄位：分 時 日 月 週", "Five fields: minute, hour, day, month, weekday");
    public string TimeZoneLabel => Of("時區", "Time zone");
    public string MissedLabel => Of("錯過的執行時間（例如服務中斷期間）", "Missed runs, for example during an outage");
    public string MissedSkip => Of("略過", "Skip them");
    public string MissedCatchUp => Of("恢復後補送", "Catch up afterwards");
    public string MustBeLater => Of("必須是未來的時間", "Must be in the future");
    public string NextFiveRuns => Of("接下來五次執行", "The next five runs");
    public string NeverRuns => Of("不會再執行", "It will not run again");
    public string NextRun => Of("下次執行", "Next run");
    public string LastRun => Of("上次執行", "Last run");
    public string NextRunAt(string time) => Of($"下次執行：{time}", $"The next run is at {time}");
    public string RunNow => Of("立即執行", "Run now");
    public string RunNowQuestion(string name) => Of(
        $"要立即發送「{name}」嗎？下次執行時間不變。", $"Send “{name}” now? Its next run is unchanged.");
    public string RunStarted => Of("已發送", "Sent");
    public string Pause => Of("暫停", "Pause");
    public string Resume => Of("恢復", "Resume");
    public string History => Of("執行紀錄", "History");
    public string DeleteScheduleQuestion(string name) => Of($"要刪除排程「{name}」嗎？", $"Delete the schedule “{name}”?");
    public string NoSchedules => Of("尚無排程", "No schedules yet");
    public string NoSchedulesHelp => Of(
        "新增排程，讓通知在指定時間或定期自動發送。", "Create one to send a notification at a given time, or repeatedly.");
    public string ScheduledFor => Of("預定時間", "Scheduled for");
    public string RanAt => Of("執行時間", "Ran at");
    public string Trigger => Of("觸發方式", "Trigger");
    public string Outcome => Of("結果", "Outcome");
    public string NoRuns => Of("尚未執行", "No runs yet");
    public string NotificationNumber(long id) => Of($"通知 #{id}", $"Notification #{id}");

    public IReadOnlyList<(string Cron, string Name)> CronPresets =>
    [
        ("* * * * *", Of("每分鐘", "Every minute")),
        ("0 * * * *", Of("每小時", "Every hour")),
        ("0 9 * * *", Of("每天 09:00", "Daily at 09:00")),
        ("0 9 * * 1-5", Of("平日 09:00", "Weekdays at 09:00")),
        ("0 9 1 * *", Of("每月 1 日 09:00", "On the 1st at 09:00")),
    ];

    public string ScheduleStatusName(string status) => status switch
    {
        ScheduleStatus.Active => Of("啟用中", "Active"),
        ScheduleStatus.Paused => Of("已暫停", "Paused"),
        ScheduleStatus.Finished => Of("已結束", "Finished"),
        _ => status,
    };

    public string RunStatusName(string status) => status switch
    {
        "sent" => Of("已發送", "Sent"),
        "skipped" => Of("已略過", "Skipped"),
        "failed" => Of("失敗", "Failed"),
        _ => status,
    };

    public string TriggerName(string trigger) => trigger switch
    {
        "schedule" => Of("排程", "Schedule"),
        "catch_up" => Of("補送", "Catch-up"),
        "manual" => Of("手動", "Manual"),
        _ => trigger,
    };
}
