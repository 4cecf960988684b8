using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Accounts;
using NotifyHub.Grains.Namespaces;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public sealed class SqliteNamespaceStoreTests() : NamespaceStoreTests(null);

public sealed class PostgresNamespaceStoreTests(PostgresServer server) : NamespaceStoreTests(server);

public abstract class NamespaceStoreTests(PostgresServer? server) : StoreTest(server)
{
    private static readonly NamespaceSettings Full = new(
        SubscribeAccess.Public, PublishAccess.Token, Retention.None, 5, Presence.List, 1_000, NamespaceSettings.NoLimit);

    [Fact]
    public async Task What_is_set_is_read_until_it_is_replaced_or_deleted()
    {
        var store = new NamespaceStore(Database);
        var none = (await store.ReadAsync(null, Cancellation))!;
        Assert.Empty(none.Settings);

        Assert.True(await store.SetAsync("orders", Full, Cancellation));
        Assert.True(await store.SetAsync("default", new NamespaceSettings(HistoryLimit: 9), Cancellation));
        var first = (await store.ReadAsync(none.Version, Cancellation))!;
        Assert.Equal(Full, first.Settings["orders"]);
        Assert.Null(await store.ReadAsync(first.Version, Cancellation));

        Assert.True(await store.SetAsync("orders", new NamespaceSettings(Presence: Presence.Count), Cancellation));
        var second = (await store.ReadAsync(first.Version, Cancellation))!;
        Assert.Equal(new NamespaceSettings(Presence: Presence.Count), second.Settings["orders"]);

        Assert.True(await store.DeleteAsync("orders", Cancellation));
        Assert.False(await store.DeleteAsync("orders", Cancellation));
        Assert.Equal(["default"], (await store.ReadAsync(second.Version, Cancellation))!.Settings.Keys);
    }

    [Fact]
    public async Task Their_number_is_bounded_also_when_they_come_at_once()
    {
        var store = new NamespaceStore(Database);
        for (var n = 0; n < NamespaceSnapshot.MaxNamespaces - 2; n++)
            Assert.True(await store.SetAsync($"n{n}", new NamespaceSettings(), Cancellation));

        var added = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(n => store.SetAsync($"x{n}", new NamespaceSettings(), Cancellation)));

        Assert.Equal(2, added.Count(isAdded => isAdded));
        Assert.True(await store.SetAsync("n7", Full, Cancellation));
    }

    [Fact]
    public async Task A_keys_channels_are_kept()
    {
        var keys = new ApiKeyStore(Database, Clock);

        await keys.AddAsync("till", "nh_1", "hash 1", "a@b", KeyScopes.All, ["orders:*", "news"], Cancellation);
        await keys.AddAsync("shop", "nh_2", "hash 2", "a@b", KeyScopes.All, cancellation: Cancellation);

        Assert.Equal(["orders:*", "news"], (await keys.FindAsync("hash 1", Cancellation))!.Channels!);
        Assert.Null((await keys.FindAsync("hash 2", Cancellation))!.Channels);
    }

    [Fact]
    public void Options_in_effect_come_from_default_where_they_are_not_set()
    {
        var snapshot = new NamespaceSnapshot("1", new()
        {
            ["default"] = new(Retention: Retention.Day, HistoryLimit: 9, PublishesPerSecond: 3),
            ["orders"] = new(Subscribe: SubscribeAccess.Staff, HistoryLimit: NamespaceSettings.NoLimit),
            ["user"] = new(Retention: Retention.Month),
        });

        Assert.Equal(
            new NamespaceOptions(SubscribeAccess.Staff, Retention: Retention.Day, PublishesPerSecond: 3),
            snapshot.InEffect("orders"));
        Assert.Equal(snapshot.InEffect("default"), snapshot.InEffect("anything"));
        Assert.Equal(
            (PublishAccess.Token, Retention.Month), (snapshot.InEffect()["user"].Publish, snapshot.InEffect()["user"].Retention));
        Assert.Equal(["default", "orders", "user"], snapshot.InEffect().Keys.Order(StringComparer.Ordinal));
    }
}
