namespace NotifyHub.Gateway.Api;

public sealed record DailyTrend(string Date, long Count, long Active, long Errors);
