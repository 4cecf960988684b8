namespace NotifyHub.GrainInterfaces;

/// <param name="Total">How many sums there are.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.AnonymousPage")]
public sealed record AnonymousPage(
    [property: Id(0)] AnonymousRequests[] Sums,
    [property: Id(1)] long Total);
