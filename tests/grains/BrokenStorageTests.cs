using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Service;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using static NotifyHub.GrainTests.Schedules.ScheduleSamples;

namespace NotifyHub.GrainTests;

public sealed class BrokenStorageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-broken-");

    private string Storage => $"Data Source={Path.Combine(_folder.FullName, "grains.db")}";

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_caller_of_a_grain_learns_that_a_table_is_missing_and_not_to_try_again()
    {
        await using var cluster = await GrainCluster.StartAsync(Storage);
        await RenameAsync("schedule", "away");

        var schedules = cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
        var error = await Assert.ThrowsAsync<StorageBrokenException>(() => schedules.GetAsync(1));

        // What an operator reads is in the log and the status; callers get neither SQL nor the driver's exception.
        Assert.Null(error.InnerException);
        Assert.DoesNotContain("schedule", error.Message, StringComparison.Ordinal);
        Assert.Contains("lacks a table", (await cluster.Stats.StatusAsync()).StorageError?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_while_the_table_of_grain_state_is_missing_is_broken_storage()
    {
        using var log = new LogLines<ServiceGrain>();
        await using var cluster = await GrainCluster.StartAsync(Storage, log: log);
        Assert.True((await cluster.Service.SetAsync(ServiceCommand.Stop)).Changed);
        await RenameAsync("grain_state", "away");

        await Assert.ThrowsAsync<StorageBrokenException>(() => cluster.Service.SetAsync(ServiceCommand.Start));
        // Whether the first was stored is unknown, so the second reads what was.
        await Assert.ThrowsAsync<StorageBrokenException>(() => cluster.Service.SetAsync(ServiceCommand.Start));
        await Until.TrueAsync(() => log.All.Any(line =>
            line.StartsWith("Warning: The wanted state cannot be read yet: ", StringComparison.Ordinal)
            && line.Contains("lacks a table", StringComparison.Ordinal)));
        Assert.True((await cluster.Stats.StatusAsync()).StorageError?.IsBroken);

        await RenameAsync("away", "grain_state");
        Assert.True((await cluster.Service.SetAsync(ServiceCommand.Start)).Changed);
        Assert.Single(log.All, line => line.Contains("cannot be read yet", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_is_due_while_a_table_is_missing_is_sent_when_it_is_back()
    {
        await using var cluster = await GrainCluster.StartAsync(Storage);
        var schedules = cluster.Grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
        var id = (await schedules.CreateAsync(Once(DateTimeOffset.UtcNow.AddDays(1)), "ann")).Id;
        await RenameAsync("message", "away");

        await Assert.ThrowsAsync<StorageBrokenException>(() => schedules.RunAsync(id));
        Assert.DoesNotContain((await schedules.RunsAsync(id, 1, 10))!.Runs, run => run.Status == RunStatus.Failed);

        await RenameAsync("away", "message");
        await Until.TrueAsync(async () =>
            (await schedules.RunsAsync(id, 1, 10))!.Runs is [{ Status: RunStatus.Sent }]);
    }

    private async Task RenameAsync(string table, string name)
    {
        await using var database = DatabaseFactory.Open(Storage);
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync($"ALTER TABLE {table} RENAME TO {name}", null, transaction),
            TestContext.Current.CancellationToken);
    }
}
