namespace NotifyHub.Console.Api;

/// <param name="Status">healthy, degraded or unhealthy.</param>
public sealed record Health(string Status, IReadOnlyList<Check> Checks);
