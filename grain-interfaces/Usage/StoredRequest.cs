namespace NotifyHub.GrainInterfaces;

[GenerateSerializer, Immutable, Alias("NotifyHub.StoredRequest")]
public sealed record StoredRequest(
    [property: Id(0)] long Id,
    [property: Id(1)] ApiRequest Request);
