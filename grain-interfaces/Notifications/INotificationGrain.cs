using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Lists, searches and marks published notifications. Stateless: the rows are the truth, every silo may answer.
/// Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.INotificationGrain")]
public interface INotificationGrain : IGrainWithIntegerKey
{
    /// <summary>One page, newest first.</summary>
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<NotificationPage> ListAsync(NotificationQuery query);

    /// <summary>Null: never published, deleted, or no longer retained.</summary>
    [Alias("GetAsync"), AnySilo, ReadOnly]
    Task<Notification?> GetAsync(long id);

    [Alias("StatsAsync"), AnySilo, ReadOnly]
    Task<NotificationStats> StatsAsync();

    /// <summary>Sets the status and answers the notification as it then stands; null where there is none.</summary>
    [Alias("SetStatusAsync"), AnySilo]
    Task<Notification?> SetStatusAsync(long id, string status);

    /// <summary>Takes the notification out of the lists. What was broadcast stays in the channel's log until its retention ends.</summary>
    [Alias("DeleteAsync"), AnySilo]
    Task<bool> DeleteAsync(long id);

    /// <summary>Counts, once, what a gateway has sent to its clients. Pending notifications among it are delivered from then on.</summary>
    /// <exception cref="StorageUnavailableException">The same report may be offered again.</exception>
    [Alias("RecordDeliveriesAsync"), AnySilo]
    Task RecordDeliveriesAsync(DeliveryReport report);
}

/// <param name="Status">One of <see cref="NotificationStatus"/>, or null for all.</param>
/// <param name="Severity">One of <see cref="GrainInterfaces.Severity"/>, or null for all.</param>
/// <param name="Search">Part of the title or the message, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationQuery")]
public sealed record NotificationQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] string? Severity,
    [property: Id(2)] string? Search,
    [property: Id(3)] int Page,
    [property: Id(4)] int Limit);

/// <param name="Notifications">The page, newest first.</param>
/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationPage")]
public sealed record NotificationPage(
    [property: Id(0)] Notification[] Notifications,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);

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
