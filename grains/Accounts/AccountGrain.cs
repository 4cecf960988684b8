using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Accounts;

/// <summary>The gateways' way to the users: they have no database of their own to ask.</summary>
[StatelessWorker, Reentrant, GrainType("account")]
public sealed class AccountGrain(UserStore store, Passwords passwords) : Grain, IAccountGrain
{
    public Task<long?> TokenVersionAsync(long id) => store.TokenVersionAsync(id);

    public Task<UserPage> ListAsync(UserQuery query) => store.ListAsync(query);

    public Task<User?> GetAsync(long id) => store.GetAsync(id);

    public async Task<User?> CreateAsync(string email, string name, string role, string password)
    {
        CheckRole(role);
        return await store.AddAsync(email, name, role, await passwords.HashAsync(password))
            ? (await store.FindAsync(email))?.User
            : null;
    }

    public Task<UserChange> ChangeAsync(long id, string? name, string? role, bool? disabled)
    {
        if (role is not null) CheckRole(role);
        return store.ChangeAsync(id, name, role, disabled);
    }

    public async Task<User?> SetPasswordAsync(long id, string password) =>
        await store.SetPasswordAsync(id, await passwords.HashAsync(password));

    public Task<bool> HasDefaultPasswordAsync() => store.HasDefaultPasswordAsync();

    private static void CheckRole(string role)
    {
        if (!Roles.OfPeople.Contains(role)) throw new ArgumentException($"There is no role '{role}'.", nameof(role));
    }
}
