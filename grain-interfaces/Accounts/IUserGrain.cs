namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Signs one e-mail address in, known or not. Being one grain an address, it counts failures for the whole grid.
/// Key: <see cref="GrainKeys.User"/>.
/// </summary>
[Alias("NotifyHub.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Checks a password. An unknown address takes the same time as a wrong password and looks the same.</summary>
    [Alias("SignInAsync"), AnySilo]
    Task<SignIn> SignInAsync(string password);
}

/// <param name="User">Null: refused.</param>
/// <param name="RetryAfter">Not null: too many failures; even the right password is refused until this has passed.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SignIn")]
public sealed record SignIn(
    [property: Id(0)] User? User,
    [property: Id(1)] TimeSpan? RetryAfter);

/// <param name="Role">One of <see cref="Roles"/>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.User")]
public sealed record User(
    [property: Id(0)] long Id,
    [property: Id(1)] string Email,
    [property: Id(2)] string Name,
    [property: Id(3)] string Role,
    [property: Id(4)] DateTimeOffset CreatedAt);

/// <summary>What a caller may do.</summary>
public static class Roles
{
    /// <summary>Everything, also start, stop and API keys.</summary>
    public const string Administrator = "administrator";

    /// <summary>An internal service with an API key: publishes and reads.</summary>
    public const string Service = "service";
}
