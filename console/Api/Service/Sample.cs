namespace NotifyHub.Console.Api;

/// <summary>One point of the charts, which cover the last minutes.</summary>
public sealed record Sample(
    DateTimeOffset At, long Connections, double PublishesPerSecond, double DeliveriesPerSecond, double? P50Ms, double? P99Ms);
