namespace NotifyHub.Gateway.Api;

public sealed record MessageRetracted(string Channel, long Offset);
