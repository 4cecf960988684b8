namespace NotifyHub.GrainInterfaces;

/// <param name="Sequence">Counts a gateway's batches; one that is not above the last one stored is a repetition.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ApiRequestBatch")]
public sealed record ApiRequestBatch(
    [property: Id(0)] string GatewayId,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ApiRequest[] Requests,
    [property: Id(3)] AnonymousRequests[] Anonymous);
