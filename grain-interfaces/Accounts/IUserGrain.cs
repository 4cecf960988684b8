namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Signs e-mail addresses in, known or not. All attempts at one address meet in one grain, so it counts failures for the whole
/// grid. There are so many of these grains and no more, whatever addresses strangers invent. Key: <see cref="GrainKeys.User"/>.
/// </summary>
[Alias("NotifyHub.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Checks a password. An unknown address takes the same time as a wrong password and looks the same.</summary>
    [Alias("SignInAsync"), AnySilo]
    Task<SignIn> SignInAsync(string email, string password, ClientAddress from);

    /// <summary>Checks the password as <see cref="SignInAsync"/> does, and replaces it, which ends the user's tokens.</summary>
    [Alias("ChangePasswordAsync"), AnySilo]
    Task<SignIn> ChangePasswordAsync(string email, string current, string next, ClientAddress from);
}

/// <param name="Address">Where the attempt came from.</param>
/// <param name="Network">What is counted as one: the IPv4 address, or the /64 of IPv6.</param>
/// <param name="IsThisMachine">It was made on the gateway's own machine: from there alone the default password is accepted.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ClientAddress")]
public sealed record ClientAddress(
    [property: Id(0)] string Address,
    [property: Id(1)] string Network,
    [property: Id(2)] bool IsThisMachine = false);

/// <param name="User">Null: refused.</param>
/// <param name="RetryAfter">Not null: too many failures; even the right password is refused from there until this has
/// passed.</param>
/// <param name="IsDefaultPassword">Refused because the password is right but still the default, and this is another machine.</param>
/// <param name="IsBusy">Too many attempts at once: the password was not looked at, which counts as no failure.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SignIn")]
public sealed record SignIn(
    [property: Id(0)] User? User,
    [property: Id(1)] TimeSpan? RetryAfter,
    [property: Id(2)] bool IsDefaultPassword = false,
    [property: Id(3)] bool IsBusy = false);

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

/// <summary>What a caller may do.</summary>
public static class Roles
{
    /// <summary>Everything, also start, stop, users and API keys.</summary>
    public const string Administrator = "administrator";

    /// <summary>Publishes, keeps schedules, marks and deletes notifications, and reads.</summary>
    public const string Operator = "operator";

    /// <summary>Reads.</summary>
    public const string Viewer = "viewer";

    /// <summary>An internal service with an API key: publishes and reads.</summary>
    public const string Service = "service";

    /// <summary>The roles that a person can have.</summary>
    public static readonly IReadOnlyList<string> OfPeople = [Administrator, Operator, Viewer];
}
