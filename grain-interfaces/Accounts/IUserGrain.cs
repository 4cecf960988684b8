namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Signs e-mail addresses in, known or not. All attempts at one address meet in one grain, so it counts failures for the whole
/// grid. The number of these grains is fixed, whatever addresses callers send. Key: <see cref="GrainKeys.User"/>.
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
