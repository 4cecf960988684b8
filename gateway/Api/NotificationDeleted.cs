namespace NotifyHub.Gateway.Api;

public sealed record NotificationDeleted(long Id);
