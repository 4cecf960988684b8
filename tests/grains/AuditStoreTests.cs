using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteAuditStoreTests() : AuditStoreTests(null);

public sealed class PostgresAuditStoreTests(PostgresServer server) : AuditStoreTests(server);

public abstract class AuditStoreTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly AuditQuery Everything = new(null, null, null, null, null, 1, 50);

    [Fact]
    public async Task Entries_are_found_newest_first_by_everything_they_can_be_asked_for_until_they_are_swept()
    {
        var store = new AuditStore(Database);
        var now = Clock.GetUtcNow();
        AuditEntry[] entries =
        [
            new(now, "ann@example.com", "user.create", "/api/users/8", "10.0.0.7"),
            new(now.AddSeconds(1), "bob@example.com", "user.change", "/api/users/8", "::1"),
            new(now.AddSeconds(2), "ann@example.com", "key.revoke", "/api/keys/100%", "::1"),
        ];
        foreach (var entry in entries) await store.AddAsync(entry, Cancellation);

        Assert.Equal(entries.Reverse(), (await store.ListAsync(Everything, Cancellation)).Entries.Select(stored => stored.Entry));
        Assert.Equal([2L], await FoundAsync(Everything with { Page = 2, Limit = 1 }));
        Assert.Equal([2L], await FoundAsync(Everything with { From = now.AddSeconds(1), To = now.AddSeconds(2) }));
        Assert.Equal([3L, 1L], await FoundAsync(Everything with { Who = "ann@example.com" }));
        Assert.Equal([2L, 1L], await FoundAsync(Everything with { Act = "user." }));
        Assert.Equal([3L], await FoundAsync(Everything with { Search = "0%" }));
        Assert.Empty(await FoundAsync(Everything with { Search = "\0" }));
        Assert.Equal(3, (await store.ListAsync(Everything with { Limit = 1 }, Cancellation)).Total);

        Assert.Equal(2, await store.SweepAsync(now.AddSeconds(2), Cancellation));
        Assert.Equal([3L], await FoundAsync(Everything));

        async Task<IEnumerable<long>> FoundAsync(AuditQuery query) =>
            (await store.ListAsync(query, Cancellation)).Entries.Select(stored => stored.Id);
    }
}
