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

    /// <summary>Takes the notification out of the lists. What was broadcast stays in the channel's log until its retention
    /// ends.</summary>
    [Alias("DeleteAsync"), AnySilo]
    Task<bool> DeleteAsync(long id);

    /// <summary>Counts, once, what a gateway has sent to its clients. Pending notifications among it become delivered.</summary>
    /// <exception cref="StorageUnavailableException">The same report may be offered again.</exception>
    [Alias("RecordDeliveriesAsync"), AnySilo]
    Task RecordDeliveriesAsync(DeliveryReport report);
}
