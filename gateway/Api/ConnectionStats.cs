using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="AvgConnectionDuration">Minutes.</param>
public sealed record ConnectionStats(
    long ActiveConnections,
    long TotalConnections,
    long ErrorConnections,
    long TodayConnections,
    double AvgConnectionDuration,
    IReadOnlyList<DailyTrend> DailyTrends,
    MessageStats MessageStats,
    IReadOnlyList<RecentError> RecentErrors)
{
    public static ConnectionStats Of(SessionStats stats, TimeZoneInfo zone) => new(
        stats.Active,
        stats.Total,
        stats.Errors,
        stats.Today,
        Math.Round(stats.AverageMinutes, 2),
        [.. stats.Days.Select(day => new DailyTrend(day.Date, day.Count, day.Active, day.Errors))],
        new MessageStats(stats.Sent, stats.Received, Each(stats.Sent, stats.Total), Each(stats.Received, stats.Total)),
        [.. stats.RecentErrors.Select(session => new RecentError(
            session.Opened.ConnectionId,
            session.Opened.IpAddress,
            session.Counters.LastError,
            session.Counters.Errors,
            NotificationJson.LocalTime(session.Opened.ConnectedAt, zone)))]);

    private static double Each(long messages, long connections) =>
        connections == 0 ? 0 : Math.Round((double)messages / connections, 2);
}
