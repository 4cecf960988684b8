namespace NotifyHub.GrainInterfaces;

/// <param name="Total">All that are retained and not deleted.</param>
/// <param name="ByStatus">Count a status; statuses without any are 0.</param>
/// <param name="BySeverity">Count a severity; severities without any are 0.</param>
/// <param name="Today">Created since midnight of the server's time zone.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationStats")]
public sealed record NotificationStats(
    [property: Id(0)] long Total,
    [property: Id(1)] Dictionary<string, long> ByStatus,
    [property: Id(2)] Dictionary<string, long> BySeverity,
    [property: Id(3)] long Today);
