namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Immutable, Alias("NotifyHub.StoredAuditEntry")]
public sealed record StoredAuditEntry(
    [property: Id(0)] long Id,
    [property: Id(1)] AuditEntry Entry);
