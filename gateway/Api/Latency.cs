namespace NotifyHub.Gateway.Api;

/// <summary>From the acceptance of a publish until the last client of a gateway had it, in milliseconds.</summary>
internal sealed record Latency(double P50, double P99);
