using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Notifications;

/// <summary>The gateways' way to the notifications: they have no database of their own to ask.</summary>
[StatelessWorker, Reentrant, GrainType("notification")]
public sealed class NotificationGrain(NotificationStore store, DeliveryStore deliveries) : Grain, INotificationGrain
{
    public Task<NotificationPage> ListAsync(NotificationQuery query) => store.ListAsync(query);

    public Task<Notification?> GetAsync(long id) => store.GetAsync(id);

    public Task<NotificationStats> StatsAsync() => store.StatsAsync();

    public Task<Notification?> SetStatusAsync(long id, string status) => NotificationStatus.All.Contains(status)
        ? store.SetStatusAsync(id, status)
        : throw new ArgumentException($"There is no status '{status}'.", nameof(status));

    public Task<bool> DeleteAsync(long id) => store.DeleteAsync(id);

    public Task RecordDeliveriesAsync(DeliveryReport report) => deliveries.AddAsync(report);
}
