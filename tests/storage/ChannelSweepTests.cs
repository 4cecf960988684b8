using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteChannelSweepTests() : ChannelSweepTests(null);

public sealed class PostgresChannelSweepTests(PostgresServer server) : ChannelSweepTests(server);

public abstract class ChannelSweepTests(PostgresServer? server) : ChannelTest(server)
{
    [Fact]
    public async Task Each_class_is_dropped_when_it_is_old_and_the_readers_are_told()
    {
        await AppendAsync(Retention.Hour, Message("h"), Message("h"));
        await AppendAsync(Retention.Week, Message("w"));
        await AppendAsync(Retention.Hour, Message("h"));
        await PassAsync(TimeSpan.FromMinutes(45));
        await AppendAsync(Retention.Hour, Message("h"));
        await AppendAsync(Retention.Day, Message("d"));
        await PassAsync(TimeSpan.FromMinutes(70));

        var hour = await ReadAsync([new("h", 1, null, Retention.Hour), new("w", 0, null, Retention.Week)]);
        Assert.Equal([3, 5], Offsets(hour.Messages));
        Assert.Equal([4, 0], hour.DroppedTo);
        Assert.Equal(0, Assert.Single((await ReadAsync([new("h", 4, null, Retention.Hour)])).DroppedTo));
        Assert.Equal([5], Offsets((await ReadHistoryAsync("h")).Messages));
        Assert.Equal(1, (await Store.OpenAsync(Log, Cancellation)).FirstRetained);
        await PassAsync(TimeSpan.FromDays(2));
        Assert.Equal([3], Offsets((await Store.ReadAsync(Log, 0, 6, 10, 1000, Cancellation)).Messages));
        Assert.Equal(6, Assert.Single((await ReadAsync([new("d", 0, null, Retention.Day)])).DroppedTo));
        await PassAsync(TimeSpan.FromDays(10));
        Assert.Empty((await Store.ReadAsync(Log, 0, 6, 10, 1000, Cancellation)).Messages);
        // Offsets never restart.
        Assert.Equal(7, await AppendAsync(Retention.Month, Message("m")));
        Assert.Equal(1, await CountAsync("channel_message"));
    }

    [Fact]
    public async Task Nothing_is_dropped_before_its_time()
    {
        await AppendAsync(Retention.Hour, Message("h"));
        await PassAsync(TimeSpan.FromMinutes(30));
        await AppendAsync(Retention.Hour, Message("h"));
        for (var minutes = 0; minutes < 60; minutes += 10)
        {
            await PassAsync(TimeSpan.FromMinutes(10));
            Assert.Contains(2, Offsets((await ReadAsync("h")).Messages));
        }
    }

    [Fact]
    public async Task A_clock_that_was_wrong_makes_no_holes_and_stops_nothing()
    {
        await AppendAsync(Retention.Hour, Message("h"));
        var now = Clock.GetUtcNow();
        // The sweep's time jumps ahead by years, and comes back.
        await Sweep.RunAsync(now.AddYears(5), Cancellation);
        await AppendAsync(Retention.Hour, Message("h"));
        await Sweep.RunAsync(now.AddMinutes(1), Cancellation);
        await AppendAsync(Retention.Hour, Message("h"));
        Assert.Equal([1, 2, 3], Offsets((await ReadAsync("h")).Messages));

        for (var minutes = 0; minutes <= 150; minutes += 10) await Sweep.RunAsync(now.AddMinutes(minutes), Cancellation);

        Assert.Empty((await ReadAsync("h")).Messages);
        Assert.Equal(3, Assert.Single((await ReadAsync([new("h", 0, null, Retention.Hour)])).DroppedTo));
    }

    [Fact]
    public async Task A_sweep_of_many_messages_leaves_those_of_other_classes()
    {
        for (var round = 0; round < 4; round++)
        {
            await AppendAsync(Retention.Hour, [.. Enumerable.Range(0, 700).Select(_ => Message("h"))]);
            await AppendAsync(Retention.Month, [.. Enumerable.Range(0, 300).Select(_ => Message("m"))]);
        }

        await PassAsync(TimeSpan.FromHours(1));
        await PassAsync(TimeSpan.FromHours(2));

        Assert.Equal(1_200, await CountAsync("channel_message"));
        Assert.Equal(3_700, Assert.Single((await ReadAsync([new("h", 0, null, Retention.Hour)])).DroppedTo));
        Assert.Equal(1_000, (await ReadAsync("m")).Messages.Length);
    }

    [Fact]
    public async Task A_backup_that_reads_delays_the_drop_and_no_commit()
    {
        if (IsSqlite) return;
        await AppendAsync(Retention.Hour, Message("h"));
        await PassAsync(TimeSpan.FromHours(1));
        await using var backup = await Database.DataSource.OpenConnectionAsync(Cancellation);
        await backup.ExecuteAsync("BEGIN; LOCK TABLE channel_message IN ACCESS SHARE MODE");

        Clock.Advance(TimeSpan.FromHours(2));
        await Sweep.RunAsync(Clock.GetUtcNow(), Cancellation);
        Assert.Equal(2, await AppendAsync(Retention.Hour, Message("h")));
        Assert.Equal([1, 2], Offsets((await ReadAsync("h")).Messages));
        await backup.ExecuteAsync("ROLLBACK");
        await Sweep.RunAsync(Clock.GetUtcNow(), Cancellation);

        Assert.Equal([2], Offsets((await ReadAsync("h")).Messages));
    }

    [Fact]
    public async Task Publishing_and_reading_go_on_during_sweeps_at_two_silos()
    {
        await AppendAsync(Retention.Hour, Message("h"));
        var sweeps = Task.Run(async () =>
        {
            for (var step = 0; step < 30; step++)
            {
                var now = Clock.GetUtcNow().AddMinutes(20 * step);
                await Task.WhenAll(Sweep.RunAsync(now, Cancellation), Sweep.RunAsync(now, Cancellation));
            }
        }, Cancellation);

        var last = 1L;
        do
        {
            try
            {
                last = await AppendAsync(Retention.Hour, Message("h"), Message("m"));
            }
            catch (FencedException)
            {
                // Hours have passed since it knew the buckets.
                continue;
            }

            var found = await ReadAsync([new("h", last - 1, null, Retention.Hour)]);
            Assert.True(found.DroppedTo[0] >= last || found.Messages is [{ Offset: var offset }] && offset == last);
        }
        while (!sweeps.IsCompleted);

        await sweeps;
        Assert.Equal(last + 1, (await Store.OpenAsync(Log, Cancellation)).Head);
        Assert.True((await ReadAsync([new("h", 0, null, Retention.Hour)])).DroppedTo[0] > 0);
    }

    /// <summary>Time passes, and the grid sweeps now and then.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        for (var step = 0; step < 10; step++)
        {
            Clock.Advance(time / 10);
            await Sweep.RunAsync(Clock.GetUtcNow(), Cancellation);
        }
    }

    private Task<long> CountAsync(string table) =>
        Database.ReadAsync(connection => connection.ExecuteScalarAsync<long>($"SELECT count(*) FROM {table}"), Cancellation);
}
