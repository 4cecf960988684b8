using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteEpochStoreTests() : EpochStoreTests(null);

public sealed class PostgresEpochStoreTests(PostgresServer server) : EpochStoreTests(server)
{
    [Fact]
    public async Task A_commit_during_an_epoch_change_is_old_or_fenced()
    {
        var store = new MessageStore(Database);
        for (var round = 0; round < 20; round++)
        {
            var before = await store.OpenAsync("race", Cancellation);
            var append = AppendsAsync(before);
            var begin = new EpochStore(Database).TryBeginAnewAsync(
                "race", new LogPosition(before.Epoch, before.Head + 5), isReplaced: false, Cancellation);

            var (appended, kept) = (await append, await begin);

            var after = await store.OpenAsync("race", Cancellation);
            Assert.Equal(before.Head + (appended ? 1 : 0), kept);
            Assert.Equal((kept, kept), (after.Head, after.EpochStart));
        }

        async Task<bool> AppendsAsync(ChannelHead at)
        {
            try
            {
                await store.AppendAsync("race", at.Epoch, Messages(at.Head + 1, 1), [], [], Cancellation);
                return true;
            }
            catch (FencedException)
            {
                return false;
            }
        }
    }
}

public abstract class EpochStoreTests(PostgresServer? server) : StorageTest(server)
{
    private MessageStore Store => field ??= new MessageStore(Database);

    private EpochStore Epochs => field ??= new EpochStore(Database);

    [Fact]
    public async Task Of_concurrent_finders_of_a_loss_one_begins_the_epoch()
    {
        var before = await MakeAsync(messages: 3);

        var kept = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            Epochs.TryBeginAnewAsync("all", new LogPosition(before.Epoch, 5 + number), isReplaced: false, Cancellation)));

        Assert.Equal(3, Assert.Single(kept, each => each is not null));
        var after = await Store.OpenAsync("all", Cancellation);
        Assert.Equal((3, 3), (after.Head, after.EpochStart));
        Assert.Matches("^[A-Za-z0-9_-]{12}$", after.Epoch);
        Assert.NotEqual(before.Epoch, after.Epoch);
    }

    [Fact]
    public async Task Where_nothing_is_lost_the_epoch_stays()
    {
        var before = await MakeAsync(messages: 3);

        Assert.Null(await Epochs.TryBeginAnewAsync("all", new LogPosition(before.Epoch, 3), isReplaced: false, Cancellation));
        Assert.Null(await Epochs.TryBeginAnewAsync("all", new LogPosition("another", 9), isReplaced: true, Cancellation));

        Assert.Equal(before with { Head = 3 }, await Store.OpenAsync("all", Cancellation));
        Assert.Equal(0, before.EpochStart);
        Assert.Null(await Epochs.NewestLossAsync(DateTimeOffset.UnixEpoch, Cancellation));
    }

    [Fact]
    public async Task A_writer_of_the_old_epoch_is_fenced()
    {
        var before = await MakeAsync(messages: 3);
        await Epochs.TryBeginAnewAsync("all", new LogPosition(before.Epoch, 9), isReplaced: false, Cancellation);

        await Assert.ThrowsAsync<FencedException>(
            () => Store.AppendAsync("all", before.Epoch, Messages(4, 1), [], [], Cancellation));

        var after = await Store.OpenAsync("all", Cancellation);
        await Store.AppendAsync("all", after.Epoch, Messages(4, 1), [], [], Cancellation);
    }

    [Fact]
    public async Task A_loss_is_recorded_and_deliveries_of_lost_messages_are_deleted()
    {
        var before = await MakeAsync(messages: 3);
        await Database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                "INSERT INTO delivery (span, first_offset, last_offset, clients) VALUES (1, 3, 3, 7), (1, 4, 4, 7)",
                transaction: transaction),
            Cancellation);
        await Epochs.TryBeginAnewAsync("all", new LogPosition(before.Epoch, 9), isReplaced: false, Cancellation);

        var loss = await Epochs.NewestLossAsync(DateTimeOffset.UtcNow.AddHours(-1), Cancellation);

        Assert.Equal(("all", 9, 3), (loss!.Channel, loss.Known, loss.Kept));
        Assert.Null(await Epochs.NewestLossAsync(DateTimeOffset.UtcNow.AddHours(1), Cancellation));
        Assert.Equal(3, await Database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>("SELECT sum(first_offset) FROM delivery"), Cancellation));
    }

    private async Task<ChannelHead> MakeAsync(int messages)
    {
        var made = await Store.OpenAsync("all", Cancellation);
        await Store.AppendAsync("all", made.Epoch, Messages(1, messages), [], [], Cancellation);
        return made;
    }
}
