namespace NotifyHub.Gateway.Api;

internal sealed record HealthView(string Status);
