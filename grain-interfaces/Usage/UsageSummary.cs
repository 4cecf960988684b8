namespace NotifyHub.GrainInterfaces;

/// <param name="Days">The oldest first, without a gap.</param>
/// <param name="Endpoints">Those asked most first.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UsageSummary")]
public sealed record UsageSummary(
    [property: Id(0)] UsageDay[] Days,
    [property: Id(1)] UsageEndpoint[] Endpoints);
