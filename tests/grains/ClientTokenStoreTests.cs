using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Tokens;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteClientTokenStoreTests() : ClientTokenStoreTests(null);

public sealed class PostgresClientTokenStoreTests(PostgresServer server) : ClientTokenStoreTests(server);

public abstract class ClientTokenStoreTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private ClientTokenStore Store => field ??= new ClientTokenStore(Database, Clock);

    [Fact]
    public async Task The_key_is_made_once_by_whoever_is_first()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.KeyAsync(Cancellation)));

        Assert.All(keys, key => Assert.Equal(keys[0], key));
        Assert.Equal(32, keys[0].Length);
        Assert.Contains(keys[0], one => one != 0);
        Assert.Equal(keys[0], await new ClientTokenStore(Database, Clock).KeyAsync(Cancellation));
    }

    [Fact]
    public async Task Revocations_are_listed_in_their_order_from_a_version()
    {
        Assert.Equal((0, true), Position(await Store.RevocationsAsync(0, Cancellation)));
        await RevokeAsync(TokenSubject.OfToken("a"));
        Clock.Advance(Hour);
        await RevokeAsync(TokenSubject.OfUser("a"));

        var all = await Store.RevocationsAsync(0, Cancellation);
        Assert.Equal((2, true), Position(all));
        var end = Clock.GetUtcNow() + Hour;
        Assert.Equal(
            [
                new TokenRevocation(TokenSubject.OfToken("a"), Clock.GetUtcNow() - Hour, end - Hour),
                new TokenRevocation(TokenSubject.OfUser("a"), Clock.GetUtcNow(), end),
            ],
            all.Revocations);
        Assert.Equal(all.Revocations[1], Assert.Single((await Store.RevocationsAsync(1, Cancellation)).Revocations));
        var none = await Store.RevocationsAsync(2, Cancellation);
        Assert.Equal((2, true), Position(none));
        Assert.Empty(none.Revocations);
    }

    [Fact]
    public async Task A_reader_that_is_ahead_of_the_database_learns_that()
    {
        await RevokeAsync(TokenSubject.OfToken("a"));

        Assert.Equal((1, false), Position(await Store.RevocationsAsync(5, Cancellation)));
    }

    [Fact]
    public async Task A_second_revocation_replaces_the_first_and_never_shortens_it()
    {
        await RevokeAsync(TokenSubject.OfUser("a"), 5 * Hour);
        var first = Clock.GetUtcNow();
        Clock.Advance(Hour);
        await RevokeAsync(TokenSubject.OfUser("a"));

        var page = await Store.RevocationsAsync(1, Cancellation);
        Assert.Equal((2, true), Position(page));
        Assert.Equal(
            new TokenRevocation(TokenSubject.OfUser("a"), Clock.GetUtcNow(), first + (5 * Hour)),
            Assert.Single(page.Revocations));
        Assert.Single((await Store.RevocationsAsync(0, Cancellation)).Revocations);
    }

    [Fact]
    public async Task Concurrent_revocations_are_all_seen_by_a_reader_that_goes_on()
    {
        const int Count = 40;
        List<string> seen = [];
        var writing = Task.WhenAll(Enumerable.Range(0, Count).Select(n => RevokeAsync(TokenSubject.OfToken($"t{n}"))));
        long version = 0;
        while (seen.Count < Count)
        {
            var page = await Store.RevocationsAsync(version, Cancellation);
            version = page.Version;
            seen.AddRange(page.Revocations.Select(revocation => revocation.Subject.Value));
        }

        await writing;
        Assert.Equal(Count, version);
        Assert.Equal(Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_revocation_is_deleted_when_it_has_ended()
    {
        await RevokeAsync(TokenSubject.OfToken("short"));
        await RevokeAsync(TokenSubject.OfToken("long"), 3 * Hour);
        Assert.Equal(0, await Store.SweepAsync(Clock.GetUtcNow() + Hour, Cancellation));

        Assert.Equal(1, await Store.SweepAsync(Clock.GetUtcNow() + (2 * Hour), Cancellation));

        var page = await Store.RevocationsAsync(0, Cancellation);
        Assert.Equal("long", Assert.Single(page.Revocations).Subject.Value);
        Assert.Equal((2, true), Position(page));
    }

    private static (long Version, bool IsLast) Position(RevocationPage page) => (page.Version, page.IsLast);

    private async Task RevokeAsync(TokenSubject subject, TimeSpan? until = null) =>
        Assert.True(await Store.RevokeAsync(subject, Clock.GetUtcNow() + (until ?? Hour), Cancellation));
}
