namespace NotifyHub.Gateway.Api;

public sealed record ScheduleDeleted(long Id);
