namespace NotifyHub.Gateway.Api;

public sealed record NotificationList(IReadOnlyList<NotificationView> Notifications);
