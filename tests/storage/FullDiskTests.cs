using System.Diagnostics;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

/// <summary>On a disk of 6 MiB, for which the tests must be root.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly DirectoryInfo _disk = Directory.CreateTempSubdirectory("notifyhub-disk-");

    public async ValueTask InitializeAsync() => await RunAsync("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", _disk.FullName);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", "--lazy", _disk.FullName);
        _disk.Delete(recursive: true);
    }

    [Fact]
    public async Task A_full_disk_is_reported_and_publishing_resumes_with_space()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var ballast = Path.Combine(_disk.FullName, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[3 << 20], cancellation);
        await using var database = DatabaseFactory.Open($"Data Source={Path.Combine(_disk.FullName, "notifyhub.db")}");
        await database.MigrateAsync(cancellation);
        var store = new MessageStore(database);
        var epoch = (await store.OpenAsync("all", cancellation)).Epoch;

        long head = 0;
        Exception? error = null;
        while (error is null && head < 100)
        {
            error = await Record.ExceptionAsync(() => AppendAsync(head + 1));
            if (error is null) head++;
        }

        var unavailable = Assert.IsType<StorageUnavailableException>(error);
        Assert.EndsWith(" has no space left.", unavailable.Message, StringComparison.Ordinal);
        Assert.Equal("The database has no space left. Free space on its disk.", database.Health.Error?.ToString());
        // Reads go on, and what was acknowledged is there.
        Assert.Null(await database.CheckAsync(cancellation));
        Assert.Equal(head, (await store.OpenAsync("all", cancellation)).Head);
        Assert.NotNull(database.Health.Error);

        File.Delete(ballast);
        await AppendAsync(head + 1);
        await Until.TrueAsync(() => Task.FromResult(database.Health.Error is null));
        Assert.Equal(head + 1, (await store.OpenAsync("all", cancellation)).Head);

        Task AppendAsync(long offset) =>
            store.AppendAsync("all", epoch, [new Message(offset, new byte[256 << 10], false)], [], [], cancellation);
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)}: {errors}");
    }
}
