namespace NotifyHub.Console.Api;

public sealed record Rates(double PublishesPerSecond, double DeliveriesPerSecond);
