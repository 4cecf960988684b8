namespace NotifyHub.Console.Api;

public sealed record NotificationStats(
    long Total, long Today, IReadOnlyDictionary<string, long> ByStatus, IReadOnlyDictionary<string, long> BySeverity);
