using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteAccountStoreTests() : AccountStoreTests(null);

public sealed class PostgresAccountStoreTests(PostgresServer server) : AccountStoreTests(server);

public abstract class AccountStoreTests(PostgresServer? server) : StoreTest(server)
{
    [Fact]
    public async Task Of_many_who_add_the_same_address_one_wins_and_the_others_are_told()
    {
        var users = new UserStore(Database, Clock);

        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            users.AddAsync(" Admin@Example.com", $"number {number}", Roles.Administrator, $"hash {number}", Cancellation)));

        Assert.Single(added, true);
        var stored = await users.FindAsync("admin@example.COM ", Cancellation);
        Assert.Equal(("admin@example.com", Clock.GetUtcNow()), (stored?.User.Email, stored?.User.CreatedAt));
        Assert.Equal(stored?.User.Name.Replace("number", "hash", StringComparison.Ordinal), stored?.PasswordHash);
        Assert.Null(await users.FindAsync("nobody@example.com", Cancellation));
    }

    [Fact]
    public async Task The_use_of_a_key_is_noted_at_most_once_a_minute()
    {
        var keys = new ApiKeyStore(Database, Clock);
        var key = await keys.AddAsync("name", "nh_prefix", "hash", "admin", Cancellation);
        var minute = TimeSpan.FromMinutes(1);

        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        var noted = Clock.GetUtcNow();
        Clock.Advance(minute - TimeSpan.FromMilliseconds(1));
        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        Assert.Equal(key with { LastUsedAt = noted }, await keys.FindAsync("hash", Cancellation));

        Clock.Advance(TimeSpan.FromMilliseconds(1));
        await keys.NoteUseAsync(key.Id, minute, Cancellation);
        Assert.Equal(key with { LastUsedAt = Clock.GetUtcNow() }, await keys.FindAsync("hash", Cancellation));
    }
}
