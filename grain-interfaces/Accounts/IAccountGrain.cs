using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>The people who may log in, for administrators. Stateless: the rows are the truth.
/// Key: <see cref="GrainKeys.Only"/>.</summary>
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

    /// <summary>Some user who may log in still has the documented default password.</summary>
    [Alias("HasDefaultPasswordAsync"), AnySilo, ReadOnly]
    Task<bool> HasDefaultPasswordAsync();
}
