using System.Text;
using Dapper;
using NotifyHub.Grains.Broadcast;
using NotifyHub.Grains.Storage;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests.Broadcast;

/// <summary>One grid for all channel tests, each with a channel of its own, and direct access to its database.</summary>
public sealed class BroadcastCluster : IAsyncLifetime
{
    /// <summary>The smallest that the settings allow.</summary>
    public const int QueueBytes = 1 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-broadcast-");
    private GrainCluster? _cluster;
    private Database? _database;

    public GrainCluster Cluster => _cluster!;

    /// <summary>The same file, as another process would have it.</summary>
    public Database Database => _database!;

    public MessageStore Store => field ??= new MessageStore(Database);

    public async ValueTask InitializeAsync()
    {
        var storage = $"Data Source={Path.Combine(_folder.FullName, "broadcast.db")}";
        _cluster = await GrainCluster.StartAsync(storage, options =>
        {
            options.PublishQueueBytes = QueueBytes;
            options.RecentBytes = 1 << 16;
        });
        _database = DatabaseFactory.Open(storage);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public IBroadcastGrain Channel(string name) => Cluster.Grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(name));

    public Task ExecuteAsync(string sql) =>
        Database.WriteAsync((connection, transaction) => connection.ExecuteAsync(sql, null, transaction));

    /// <summary>What another process writes.</summary>
    public async Task AppendAsync(string channel, params Message[] messages) => await Store.AppendAsync(
        channel, (await Store.OpenAsync(channel, CancellationToken.None)).Epoch, messages, [], [], CancellationToken.None);

    /// <summary>What a database does that is restored, or fails over to a standby that lagged: the end of a log is
    /// gone.</summary>
    public Task LoseAsync(string channel, long after) => ExecuteAsync(
        $"""DELETE FROM message WHERE log_id = (SELECT id FROM log WHERE name = '{channel}') AND "offset" > {after}""");

    /// <summary>Blocks all writes until the returned object is disposed.</summary>
    public async Task<IAsyncDisposable> HoldWritesAsync()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Database.WriteAsync(async (_, _) =>
        {
            held.SetResult();
            await release.Task;
            return 0;
        });
        await held.Task;
        return new Hold(release, writing);
    }

    public static Draft Push(string text) => Draft.Push(Encoding.UTF8.GetBytes(text));

    public static PublishBatch Batch(params string[] texts) => new([.. texts.Select(Push)]);

    public static string Text(Message message) => Encoding.UTF8.GetString(message.Payload);

    private sealed class Hold(TaskCompletionSource release, Task writing) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            release.TrySetResult();
            await writing;
        }
    }
}
