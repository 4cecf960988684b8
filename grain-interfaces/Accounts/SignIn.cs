namespace NotifyHub.GrainInterfaces;

/// <param name="User">Null: refused.</param>
/// <param name="RetryAfter">Not null: too many failures; even the right password is refused from there until this has
/// passed.</param>
/// <param name="IsDefaultPassword">The password is right but still the default, and refused because the login comes from another
/// machine.</param>
/// <param name="IsBusy">Too many attempts at once: the password was not looked at, which counts as no failure.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SignIn")]
public sealed record SignIn(
    [property: Id(0)] User? User,
    [property: Id(1)] TimeSpan? RetryAfter,
    [property: Id(2)] bool IsDefaultPassword = false,
    [property: Id(3)] bool IsBusy = false);
