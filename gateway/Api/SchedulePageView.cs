namespace NotifyHub.Gateway.Api;

public sealed record SchedulePageView(IReadOnlyList<ScheduleView> Schedules, long Total, int Page, int Limit);
