using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Broadcast.BroadcastCluster;

namespace NotifyHub.GrainTests.Broadcast;

public sealed class SqliteBadDraftTests() : BadDraftTests(null)
{
    protected override string RefuseSql =>
        """
        CREATE TRIGGER refused BEFORE INSERT ON notification WHEN new.title = 'refused' BEGIN SELECT RAISE(ABORT, 'refused'); END
        """;
}

public sealed class PostgresBadDraftTests(PostgresServer server) : BadDraftTests(server)
{
    protected override string RefuseSql => "ALTER TABLE notification ADD CONSTRAINT refused CHECK (title <> 'refused')";
}

/// <summary>One commit holds the publishes of many. What cannot be stored must not fail those of the others.</summary>
public abstract class BadDraftTests(PostgresServer? server) : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-bad-drafts-");
    private GrainCluster? _cluster;
    private Database? _database;

    /// <summary>Makes the database refuse notifications with the title <c>refused</c>.</summary>
    protected abstract string RefuseSql { get; }

    private IBroadcastGrain Channel => _cluster!.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));

    public async ValueTask InitializeAsync()
    {
        var storage = server is null
            ? $"Data Source={Path.Combine(_folder.FullName, "drafts.db")}"
            : await server.CreateDatabaseAsync();
        _cluster = await GrainCluster.StartAsync(storage);
        _database = DatabaseFactory.Open(storage);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _database!.DisposeAsync();
        await _cluster!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_the_database_refuses_fails_alone()
    {
        await Channel.PublishAsync(Batch("first"));
        await _database!.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(RefuseSql, transaction: transaction),
            TestContext.Current.CancellationToken);
        Task<PublishResult>[] publishes;
        await using (await HoldCommitsAsync())
        {
            publishes = [.. Enumerable.Range(0, 40).Select(number => Channel.PublishAsync(
                number is 7 or 8 or 33
                    ? new PublishBatch([Push($"{number}"), Draft.Of(Notification("refused"))])
                    : new PublishBatch([Push($"{number}"), Draft.Of(Notification($"{number}"))])))];
            // Calls are taken in order: those before this one wait for their commit.
            await Channel.ReadAsync(0, 1);
        }

        foreach (var (number, publish) in publishes.Index())
        {
            if (number is 7 or 8 or 33) await Assert.ThrowsAsync<NotStorableException>(() => publish);
            else await publish;
        }

        var log = (await Channel.ReadAsync(0, 1_000)).Messages;
        Assert.Equal(1 + (37 * 2), log.Length);
        Assert.Equal(Enumerable.Range(1, log.Length).Select(offset => (long)offset), log.Select(message => message.Offset));
        foreach (var (number, publish) in publishes.Index().Where(each => each.Item.IsCompletedSuccessfully))
            Assert.Equal($"{number}", Text(log[(int)(await publish).FirstOffset - 1]));
        Assert.Equal(log.Length + 1, (await Channel.PublishAsync(Batch("last"))).FirstOffset);
    }

    [Fact]
    public async Task What_can_never_be_stored_is_refused_before_it_waits_with_others()
    {
        PublishBatch[] bad =
        [
            new([Draft.Of(Notification("U+0000: \0"))]),
            new([Draft.Of(Notification("t") with { Severity = null! })]),
            new([Draft.Of(Notification("t") with { MetadataJson = "{" })]),
            new([new Draft(null, null)]),
            new([new Draft("{}"u8.ToArray(), Notification("t"))]),
            Batch("key") with { IdempotencyKey = new string('k', 5_000) },
        ];

        foreach (var batch in bad) await Assert.ThrowsAsync<NotStorableException>(() => Channel.PublishAsync(batch));

        var wholePair = new PublishBatch([Draft.Of(Notification("whole pair: \ud83d\ude00"))]);
        Assert.Equal(1, (await Channel.PublishAsync(wholePair)).FirstOffset);
    }

    private static NotificationDraft Notification(string title) => new(
        "windows", title, "m", "info", "normal", null, null, null, null, null, null,
        new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Commits wait for the channel's row until the answer is disposed.</summary>
    private async Task<IAsyncDisposable> HoldCommitsAsync()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = _database!.WriteAsync(async (connection, transaction) =>
        {
            var rows = await connection.ExecuteAsync("UPDATE log SET epoch = epoch", transaction: transaction);
            held.SetResult();
            await release.Task;
            return rows;
        });
        await held.Task;
        return new Hold(release, holding);
    }

    private sealed class Hold(TaskCompletionSource release, Task<int> holding) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            release.SetResult();
            Assert.Equal(1, await holding);
        }
    }
}
