namespace NotifyHub.GrainInterfaces;

/// <param name="Notifications">The page, newest first.</param>
/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NotificationPage")]
public sealed record NotificationPage(
    [property: Id(0)] Notification[] Notifications,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);
