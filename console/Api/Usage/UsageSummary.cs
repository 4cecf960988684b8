namespace NotifyHub.Console.Api;

public sealed record UsageSummary(IReadOnlyList<UsageDay> PerDay, IReadOnlyList<UsageEndpoint> PerEndpoint);
