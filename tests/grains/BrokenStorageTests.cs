using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.GrainTests;

public sealed class BrokenStorageTests
{
    [Fact]
    public async Task A_caller_of_a_grain_learns_that_a_table_is_missing_and_not_to_try_again()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-broken-");
        var storage = $"Data Source={Path.Combine(folder.FullName, "grains.db")}";
        await using (var cluster = await GrainCluster.StartAsync(storage))
        {
            await using var database = DatabaseFactory.Open(storage);
            await database.WriteAsync(
                (connection, transaction) => connection.ExecuteAsync("ALTER TABLE schedule RENAME TO away", null, transaction),
                TestContext.Current.CancellationToken);

            var schedules = cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
            var error = await Assert.ThrowsAsync<StorageBrokenException>(() => schedules.GetAsync(1));

            // What an operator reads is in the log and the status; callers get neither SQL nor the driver's exception.
            Assert.Null(error.InnerException);
            Assert.DoesNotContain("schedule", error.Message, StringComparison.Ordinal);
            Assert.Contains("lacks a table", (await cluster.Stats.StatusAsync()).StorageError?.Message, StringComparison.Ordinal);
        }

        folder.Delete(recursive: true);
    }
}
