namespace NotifyHub.GrainInterfaces;

/// <summary>The numbers behind <c>GET /api/websocket/stats</c>.</summary>
/// <param name="AverageMinutes">Mean duration of the ended sessions, in minutes.</param>
/// <param name="Days">The last 7 days of the server's time zone, oldest first, days without sessions included.</param>
/// <param name="RecentErrors">The newest 10 sessions with errors, newest first.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionStats")]
public sealed record SessionStats(
    [property: Id(0)] long Active,
    [property: Id(1)] long Total,
    [property: Id(2)] long Errors,
    [property: Id(3)] long Today,
    [property: Id(4)] double AverageMinutes,
    [property: Id(5)] DayStats[] Days,
    [property: Id(6)] long Sent,
    [property: Id(7)] long Received,
    [property: Id(8)] Session[] RecentErrors);
