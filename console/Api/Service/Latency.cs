namespace NotifyHub.Console.Api;

public sealed record Latency(double P50, double P99);
