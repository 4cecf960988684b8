using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Notifications;

/// <summary>Deletes old notifications, of whichever channel.</summary>
public sealed class NotificationSweep(Database database)
{
    private const int BatchSize = 500;

    /// <summary>Returns how many were deleted.</summary>
    public Task<long> RunAsync(DateTimeOffset createdBefore, CancellationToken cancellation = default) => BatchedDelete.RunAsync(
        database, "notification", "channel, id", "created_at < @before ORDER BY id",
        new { before = createdBefore.ToStored() }, BatchSize, cancellation);
}
