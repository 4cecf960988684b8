namespace NotifyHub.GrainInterfaces;

/// <param name="Role">One of <see cref="Roles.OfPeople"/>.</param>
/// <param name="TokenVersion">Login tokens that name another one have ended.</param>
/// <param name="DisabledAt">Not null: may not log in.</param>
/// <param name="HasDefaultPassword">The password is the one that everybody can read in the documentation.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.User")]
public sealed record User(
    [property: Id(0)] long Id,
    [property: Id(1)] string Email,
    [property: Id(2)] string Name,
    [property: Id(3)] string Role,
    [property: Id(4)] DateTimeOffset CreatedAt,
    [property: Id(5)] long TokenVersion = 0,
    [property: Id(6)] DateTimeOffset? DisabledAt = null,
    [property: Id(7)] DateTimeOffset? LastLoginAt = null,
    [property: Id(8)] bool HasDefaultPassword = false);
