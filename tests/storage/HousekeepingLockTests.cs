using Dapper;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Grains.Service;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteHousekeepingLockTests() : HousekeepingLockTests(null);

public sealed class PostgresHousekeepingLockTests(PostgresServer server) : HousekeepingLockTests(server);

public abstract class HousekeepingLockTests(PostgresServer? server) : StorageTest(server)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task One_of_those_who_try_at_once_holds_it()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => HoldsAsync($"silo-{number}")));

        Assert.Single(held, holds => holds);
    }

    [Fact]
    public async Task Its_holder_renews_it_and_another_takes_it_once_it_has_expired()
    {
        Assert.True(await HoldsAsync("one"));
        _clock.Advance(Lease / 2);
        Assert.False(await HoldsAsync("two"));
        Assert.True(await HoldsAsync("one"));
        _clock.Advance(Lease - TimeSpan.FromMilliseconds(1));
        Assert.False(await HoldsAsync("two"));

        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await HoldsAsync("two"));
        Assert.False(await HoldsAsync("one"));
    }

    [Fact]
    public async Task Given_back_it_is_free_at_once()
    {
        await HoldsAsync("one");

        await Lock(_clock).ReleaseAsync("two", Cancellation);
        Assert.False(await HoldsAsync("two"));

        await Lock(_clock).ReleaseAsync("one", Cancellation);
        Assert.True(await HoldsAsync("two"));
    }

    [Fact]
    public async Task Without_its_row_it_is_free()
    {
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync("DELETE FROM housekeeping", transaction: transaction),
            Cancellation);

        Assert.True(await HoldsAsync("one"));
        Assert.False(await HoldsAsync("two"));
    }

    [Fact]
    public async Task A_clock_that_was_years_ahead_does_not_keep_it()
    {
        var ahead = new SettableClock(_clock) { Ahead = TimeSpan.FromDays(3_650) };
        Assert.True(await Lock(ahead).TryHoldAsync("one", Lease, Cancellation));

        Assert.True(await HoldsAsync("two"));
    }

    private HousekeepingLock Lock(TimeProvider time) => new(Database, time);

    private Task<bool> HoldsAsync(string holder) => Lock(_clock).TryHoldAsync(holder, Lease, Cancellation);
}
