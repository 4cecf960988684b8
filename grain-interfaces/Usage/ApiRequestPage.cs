namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestPage")]
public sealed record ApiRequestPage(
    [property: Id(0)] StoredRequest[] Requests,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);
