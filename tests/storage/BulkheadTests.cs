using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteBulkheadTests() : BulkheadTests(null);

public sealed class PostgresBulkheadTests(PostgresServer server) : BulkheadTests(server);

/// <summary>Lists and searches do not slow down publishes.</summary>
public abstract class BulkheadTests(PostgresServer? server) : StorageTest(server)
{
    // Without an end, in both databases.
    private const string Endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i % 1000 + 1 FROM n) SELECT count(*) FROM n";

    [Fact]
    public async Task Endless_lists_are_broken_off_and_leave_commits_and_reads_alone()
    {
        var store = new Grains.Broadcast.MessageStore(Database);
        var epoch = (await store.OpenAsync("all", Cancellation)).Epoch;

        var lists = Enumerable.Range(0, 80).Select(_ => Record.ExceptionAsync(() =>
            Database.ListAsync(connection => connection.ExecuteScalarAsync<long>(Endless), Cancellation)).AsTask()).ToList();
        for (var offset = 1; offset <= 20; offset++)
        {
            await store.AppendAsync("all", epoch, [new Message(offset, [1], false)], [], [], Cancellation);
            Assert.Equal(offset, (await store.OpenAsync("all", Cancellation)).Head);
            // Orleans' part.
            await using var connection = await Database.DataSource.OpenConnectionAsync(Cancellation);
            Assert.Equal(1, await connection.ExecuteScalarAsync<long>("SELECT 1"));
        }

        var errors = await Task.WhenAll(lists);
        Assert.All(errors, error => Assert.IsType<ListRefusedException>(error));
        Assert.Contains(errors, error => error!.Message.StartsWith("The list took longer than ", StringComparison.Ordinal));
        Assert.Contains(errors, error => error!.Message.StartsWith("Too many ", StringComparison.Ordinal));
        Assert.Null(Database.Health.Error);
        // The connections are as good as before.
        var count = await Database.ListAsync(
            connection => connection.ExecuteScalarAsync<long>("SELECT count(*) FROM message"), Cancellation);
        Assert.Equal(20, count);
    }
}
