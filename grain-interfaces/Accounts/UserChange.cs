namespace NotifyHub.GrainInterfaces;

/// <param name="User">As it stands now; null: there is no such user.</param>
/// <param name="Refused">Nothing was changed: no administrator would be left.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserChange")]
public sealed record UserChange(
    [property: Id(0)] User? User,
    [property: Id(1)] bool Refused);
