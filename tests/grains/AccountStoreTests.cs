using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Accounts;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteAccountStoreTests() : AccountStoreTests(null);

public sealed class PostgresAccountStoreTests(PostgresServer server) : AccountStoreTests(server);

public abstract class AccountStoreTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly ClientAddress Home = new("2001:db8::7", "2001:db8::");

    [Fact]
    public async Task Of_concurrent_adds_of_one_address_one_succeeds()
    {
        var users = new UserStore(Database, Clock);

        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            users.AddAsync(" Admin@Example.com", $"number {number}", Roles.Administrator, $"hash {number}", Cancellation)));

        Assert.Single(added, true);
        var stored = await users.FindAsync("admin@example.COM ", cancellation: Cancellation);
        Assert.Equal(("admin@example.com", Clock.GetUtcNow()), (stored?.User.Email, stored?.User.CreatedAt));
        Assert.Equal(stored?.User.Name.Replace("number", "hash", StringComparison.Ordinal), stored?.PasswordHash);
        Assert.Null(await users.FindAsync("nobody@example.com", cancellation: Cancellation));
    }

    [Fact]
    public async Task Of_the_last_two_administrators_who_demote_each_other_at_once_one_stays()
    {
        var users = new UserStore(Database, Clock);
        var ids = await Task.WhenAll(AddAsync(users, "a@example.com"), AddAsync(users, "b@example.com"));

        for (var round = 0; round < 10; round++)
        {
            var changes = await Task.WhenAll(
                users.ChangeAsync(ids[0], null, round % 2 == 0 ? Roles.Viewer : null, round % 2 == 0 ? null : true, Cancellation),
                users.ChangeAsync(ids[1], null, Roles.Operator, null, Cancellation));

            Assert.Single(changes, change => change.Refused);
            foreach (var id in ids)
                Assert.False((await users.ChangeAsync(id, null, Roles.Administrator, false, Cancellation)).Refused);
        }
    }

    [Fact]
    public async Task Only_role_password_and_disabling_end_a_users_tokens()
    {
        var users = new UserStore(Database, Clock);
        await AddAsync(users, "first@example.com");
        var id = await AddAsync(users, "ann@example.com");
        Assert.Equal(0, await users.TokenVersionAsync(id, Cancellation));

        await users.ChangeAsync(id, "Ann", Roles.Administrator, false, Cancellation);
        await users.NoteLoginAsync((await users.GetAsync(id, Cancellation))!, Home, Cancellation);
        Assert.Equal(0, await users.TokenVersionAsync(id, Cancellation));
        await users.ChangeAsync(id, null, Roles.Viewer, null, Cancellation);
        Assert.Equal(1, await users.TokenVersionAsync(id, Cancellation));
        Assert.Null(await users.SetPasswordAsync(id, "hash", version: 0, cancellation: Cancellation));
        await users.SetPasswordAsync(id, "hash", version: 1, cancellation: Cancellation);
        await users.SetPasswordAsync(id, "other", cancellation: Cancellation);
        Assert.Equal(3, await users.TokenVersionAsync(id, Cancellation));

        var disabled = (await users.ChangeAsync(id, null, null, true, Cancellation)).User;
        Assert.Equal(disabled, (await users.ChangeAsync(id, null, null, true, Cancellation)).User);
        Assert.Equal(
            (4, Clock.GetUtcNow(), Clock.GetUtcNow()),
            (disabled?.TokenVersion, disabled?.DisabledAt, disabled?.LastLoginAt));
        Assert.Null(await users.TokenVersionAsync(id, Cancellation));
        await users.ChangeAsync(id, null, null, false, Cancellation);
        Assert.Equal(5, await users.TokenVersionAsync(id, Cancellation));
        Assert.Null(await users.TokenVersionAsync(99, Cancellation));
    }

    [Fact]
    public async Task Login_networks_are_known_for_a_while_or_until_the_password_changes()
    {
        var users = new UserStore(Database, Clock);
        var user = (await users.GetAsync(await AddAsync(users, "ann@example.com"), Cancellation))!;
        await AddAsync(users, "bob@example.com");
        Assert.False(await KnowsAsync("ann@example.com", Home.Network));

        await users.NoteLoginAsync(user, Home, Cancellation);
        await users.NoteLoginAsync(user, Home, Cancellation);
        Assert.True(await KnowsAsync("ann@example.com", Home.Network));
        Assert.False(await KnowsAsync("bob@example.com", Home.Network));
        Assert.False(await KnowsAsync("ann@example.com", "10.0.0.8"));

        Clock.Advance(TimeSpan.FromDays(91));
        Assert.False(await KnowsAsync("ann@example.com", Home.Network));
        await users.NoteLoginAsync(user, Home, Cancellation);
        // Many at once push the one that was used longest ago out.
        for (var host = 100; host < 131; host++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await users.NoteLoginAsync(user, new ClientAddress($"10.0.0.{host}", $"10.0.0.{host}"), Cancellation);
        }

        Assert.True(await KnowsAsync("ann@example.com", Home.Network));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await users.NoteLoginAsync(user, new ClientAddress("10.0.0.9", "10.0.0.9"), Cancellation);
        Assert.False(await KnowsAsync("ann@example.com", Home.Network));

        // Who knew the old password may have been somebody else.
        await users.SetPasswordAsync(user.Id, "hash", network: "10.0.0.9", cancellation: Cancellation);
        Assert.True(await KnowsAsync("ann@example.com", "10.0.0.9"));
        Assert.False(await KnowsAsync("ann@example.com", "10.0.0.110"));

        async Task<bool> KnowsAsync(string email, string network) =>
            (await users.FindAsync(email, network, Cancellation))!.KnowsNetwork;
    }

    [Fact]
    public async Task Users_are_found_by_a_part_of_address_or_name()
    {
        var users = new UserStore(Database, Clock);
        await AddAsync(users, "bob@example.com", "Bob 100%");
        await AddAsync(users, "ann@example.com", "Ann");
        await AddAsync(users, "cleo@example.com", "Cleo");

        var all = await users.ListAsync(new UserQuery(null, 1, 2), Cancellation);
        Assert.Equal(["ann@example.com", "bob@example.com"], all.Users.Select(user => user.Email));
        Assert.Equal(3, all.Total);
        Assert.Equal(["cleo@example.com"], await FoundAsync(null, page: 2));
        Assert.Equal(["ann@example.com"], await FoundAsync("NN@"));
        Assert.Equal(["bob@example.com"], await FoundAsync("0%"));
        Assert.Empty(await FoundAsync("_"));
        Assert.Empty(await FoundAsync("\0"));

        async Task<IEnumerable<string>> FoundAsync(string? search, int page = 1) =>
            (await users.ListAsync(new UserQuery(search, page, 2), Cancellation)).Users.Select(user => user.Email);
    }

    private static async Task<long> AddAsync(UserStore users, string email, string name = "name")
    {
        Assert.True(await users.AddAsync(email, name, Roles.Administrator, "hash", Cancellation));
        return (await users.FindAsync(email, cancellation: Cancellation))!.User.Id;
    }

    [Fact]
    public async Task The_use_of_a_key_is_noted_at_most_once_a_minute()
    {
        var keys = new ApiKeyStore(Database, Clock);
        var key = await keys.AddAsync("name", "nh_prefix", "hash", "admin", [KeyScopes.Read], null, Cancellation);
        var minute = TimeSpan.FromMinutes(1);

        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        var noted = Clock.GetUtcNow();
        Clock.Advance(minute - TimeSpan.FromMilliseconds(1));
        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        Assert.Equal(noted, (await keys.FindAsync("hash", Cancellation))!.LastUsedAt);

        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        var found = await keys.FindAsync("hash", Cancellation);
        Assert.Equal([KeyScopes.Read], found!.Scopes!);
        // Lists are equal only if they are one and the same.
        Assert.Equal(key with { LastUsedAt = Clock.GetUtcNow(), Scopes = null }, found with { Scopes = null });
    }
}
