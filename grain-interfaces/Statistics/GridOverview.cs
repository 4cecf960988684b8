namespace NotifyHub.GrainInterfaces;

/// <summary>What an operator watches: the grid's state and its last five minutes.</summary>
/// <param name="ErrorConnections">Connections that ended abnormally or had errors, ever.</param>
/// <param name="Points">The last five minutes, oldest first, 5 s each. Kept in memory: they restart after the grain has
/// moved.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.GridOverview")]
public sealed record GridOverview(
    [property: Id(0)] GridStatus Status,
    [property: Id(1)] long ErrorConnections,
    [property: Id(2)] TrafficPoint[] Points);
