using System.Text;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Broadcast;
using NotifyHub.TestKit;

namespace NotifyHub.StorageTests;

/// <summary>A test of a log that carries channels.</summary>
public abstract class ChannelTest(PostgresServer? server) : StorageTest(server)
{
    protected const string Log = "p01";

    // Now by the machine's clock, to which the first buckets belong; in whole milliseconds, as the database keeps them.
    protected FakeTimeProvider Clock { get; } = new(
        DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));

    protected ChannelStore Store => field ??= new ChannelStore(Database, Clock);

    protected ChannelReader Reader => field ??= new ChannelReader(Database, Clock);

    protected ChannelSweep Sweep => field ??= new ChannelSweep(Database);

    protected PublishKeyStore Keys => field ??= new PublishKeyStore(Database);

    /// <summary>A message of a channel; its offset is given when it is appended.</summary>
    protected Message Message(
        string channel, string text = "{}", string? key = null, TimeSpan? ttl = null, long? retracts = null) =>
        new(0, Encoding.UTF8.GetBytes(text), IsNotification: false,
            new ChannelPart(channel, Clock.GetUtcNow(), key, Clock.GetUtcNow() + ttl, Retracts: retracts));

    /// <summary>Appends what follows the head, with one class of retention, and answers the first offset.</summary>
    protected async Task<long> AppendAsync(Retention retention, params Message[] messages)
    {
        var state = await Store.OpenAsync(Log, Cancellation);
        var first = state.Head + 1;
        await AppendAtAsync(state.Epoch, first, retention, messages, []);
        return first;
    }

    protected Task<long> AppendAsync(params Message[] messages) => AppendAsync(Retention.Week, messages);

    protected async Task AppendAtAsync(
        string epoch, long first, Retention retention, Message[] messages, PublishKey[] keys,
        Notification[]? notifications = null)
    {
        Message[] placed = [.. messages.Select((message, index) => message with { Offset = first + index })];
        var retracted = placed.Select(message => message.Part!.Retracts).OfType<long>().ToArray();
        await Store.AppendAsync(
            Log,
            epoch,
            new LogAppend(placed, [.. placed.Select(_ => retention)], notifications ?? [], keys, retracted),
            Cancellation);
    }

    /// <summary>Marks the message and appends its retraction.</summary>
    protected async Task<bool> RetractAsync(string channel, long offset)
    {
        if (await Store.FindAsync(Log, channel, offset, Cancellation) is not { } found) return false;
        await AppendAsync(found.Retention, Message(channel, "", retracts: offset));
        return true;
    }

    protected async Task<ChannelMessages> ReadAsync(ChannelRange[] ranges, int max = 1_000, int maxBytes = 1 << 20) =>
        await Reader.ReadAsync(Log, await Store.OpenAsync(Log, Cancellation), ranges, max, maxBytes, Cancellation);

    protected Task<ChannelMessages> ReadAsync(string name, long after = 0, int? historyLimit = null) =>
        ReadAsync([new ChannelRange(name, after, historyLimit, Retention.Week)]);

    protected async Task<ChannelPage> ReadHistoryAsync(
        string channel, long? before = null, int limit = 100, int? historyLimit = null, int maxBytes = 1 << 20) =>
        await Reader.ReadHistoryAsync(
            Log, await Store.OpenAsync(Log, Cancellation), channel, before, limit, historyLimit, maxBytes, Cancellation);

    protected static string Joined(IEnumerable<Message> messages) => string.Join(' ', Offsets(messages));

    protected static IEnumerable<long> Offsets(IEnumerable<Message> messages) => messages.Select(message => message.Offset);
}
