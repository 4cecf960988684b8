namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many match in all.</param>
/// <param name="IsTruncated">The search looked at the newest rows alone; older ones were not looked at.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AuditPage")]
public sealed record AuditPage(
    [property: Id(0)] StoredAuditEntry[] Entries,
    [property: Id(1)] long Total,
    [property: Id(2)] bool IsTruncated = false);
