namespace NotifyHub.GrainInterfaces;

/// <summary>A client's connection, as it is opened.</summary>
/// <param name="ConnectionId">Unique in the grid and over time.</param>
/// <param name="Protocol">"notifyhub.v1", or "" for the guide's plain clients.</param>
/// <param name="User">The user (<c>sub</c>) of the client token that it was opened with; null: it came without one.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SessionOpened")]
public sealed record SessionOpened(
    [property: Id(0)] string ConnectionId,
    [property: Id(1)] string IpAddress,
    [property: Id(2)] string UserAgent,
    [property: Id(3)] string Protocol,
    [property: Id(4)] DateTimeOffset ConnectedAt,
    [property: Id(5)] string? User = null);
