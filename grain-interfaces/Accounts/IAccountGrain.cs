using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The people who may log in, for administrators. Stateless: the rows are the truth. Key: <see cref="GrainKeys.Only"/>.</summary>
[Alias("NotifyHub.IAccountGrain")]
public interface IAccountGrain : IGrainWithIntegerKey
{
    /// <summary>What a login token of this user must name to be believed; null: no such user, or disabled.</summary>
    [Alias("TokenVersionAsync"), AnySilo, ReadOnly]
    Task<long?> TokenVersionAsync(long id);

    /// <summary>One page, by e-mail address.</summary>
    [Alias("ListAsync"), AnySilo, ReadOnly]
    Task<UserPage> ListAsync(UserQuery query);

    [Alias("GetAsync"), AnySilo, ReadOnly]
    Task<User?> GetAsync(long id);

    /// <summary>Null: the address is taken.</summary>
    [Alias("CreateAsync"), AnySilo]
    Task<User?> CreateAsync(string email, string name, string role, string password);

    /// <summary>Changes what is not null. A new role, and being disabled, end the user's tokens.</summary>
    [Alias("ChangeAsync"), AnySilo]
    Task<UserChange> ChangeAsync(long id, string? name, string? role, bool? disabled);

    /// <summary>Gives a user another password, which ends the user's tokens. Null: no such user.</summary>
    [Alias("SetPasswordAsync"), AnySilo]
    Task<User?> SetPasswordAsync(long id, string password);

    /// <summary>Somebody who may log in has the password that everybody can read in the documentation.</summary>
    [Alias("HasDefaultPasswordAsync"), AnySilo, ReadOnly]
    Task<bool> HasDefaultPasswordAsync();
}

/// <param name="Search">Part of the address or the name, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserQuery")]
public sealed record UserQuery(
    [property: Id(0)] string? Search,
    [property: Id(1)] int Page,
    [property: Id(2)] int Limit);

/// <param name="Total">How many match in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserPage")]
public sealed record UserPage(
    [property: Id(0)] User[] Users,
    [property: Id(1)] long Total);

/// <param name="User">As it stands now; null: there is no such user.</param>
/// <param name="Refused">Nothing was changed: nobody would be left to administer the grid.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.UserChange")]
public sealed record UserChange(
    [property: Id(0)] User? User,
    [property: Id(1)] bool Refused);
