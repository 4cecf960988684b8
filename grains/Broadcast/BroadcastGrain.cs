using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;
using Orleans.Concurrency;
using Orleans.Placement;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// A channel's log. While one batch is being written the next one collects (group commit): one transaction and one fsync
/// acknowledge many publishes. Offsets are assigned when a batch is written, so a failed one leaves no gap.
/// </summary>
// Random, not by load (Orleans' default): loads are only known from periodic reports, so when a hundred channels are activated at
// once, as after a silo's death, all of them would go to the silo that was idle in its last report.
[Reentrant, GrainType("broadcast"), RandomPlacement]
public sealed partial class BroadcastGrain(
    MessageStore messages,
    EpochStore epochs,
    IOptions<SiloOptions> options,
    SiloMetrics metrics,
    TimeProvider time,
    ILogger<BroadcastGrain> logger) : Grain, IBroadcastGrain
{
    // A transaction of this size takes a few tens of milliseconds: longer ones only add to everyone's wait.
    private const int MaxCommitMessages = 8_192;
    private const int MaxCommitBytes = 4 << 20;
    // Small: others wait while it is read and sent, and a gateway keeps it for each client that reads slowly.
    private const int MaxReadBytes = 1 << 20;
    private const int MaxReadMessages = 1_000;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan VerifyInterval = TimeSpan.FromSeconds(1);

    private readonly SiloOptions _options = options.Value;
    private readonly TimeZoneInfo _zone = options.Value.Zone();
    private readonly Queue<PendingPublish> _pending = new();
    private readonly Dictionary<string, GatewayFeed> _feeds = new(StringComparer.Ordinal);
    private string _channel = "";
    private KeyedPublishes _keyed = null!;
    private ChannelState _state = null!;
    private ChannelHead? _verified;
    private long _pendingBytes;
    private bool _isCommitting;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _channel = GrainKeys.LogNameOf(this.GetPrimaryKeyString());
        _state = new ChannelState(_channel, messages, epochs, new RecentMessages(_options.RecentBytes), metrics, logger);
        // Gateways count from what they have of the old epoch: they register again, and learn of the new one.
        _state.EpochChanged += _feeds.Clear;
        _keyed = new KeyedPublishes(key => messages.FindKeyAsync(_channel, key, CancellationToken.None), AppendAsync);
        this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions(SweepInterval, SweepInterval) { Interleave = true });
        this.RegisterGrainTimer(VerifyAsync, new GrainTimerCreationOptions(VerifyInterval, VerifyInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public async Task<PublishResult> PublishAsync(PublishBatch batch)
    {
        ArgumentOutOfRangeException.ThrowIfZero(batch.Drafts.Length);
        PublishRules.Check(batch);
        return batch.IdempotencyKey is { } key ? await _keyed.PublishAsync(batch, key) : await AppendAsync(batch);
    }

    public async Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known)
    {
        var state = await _state.OpenAsync(known);
        if (IsFollowing(gatewayId, observer)) return state;

        // Once is enough: from here on it has what this activation gives it.
        if (known is not null && await IsReplacedAsync(known)) await _state.ReplacedAsync(known);
        state = await _state.OpenAsync();
        _feeds[gatewayId] = new GatewayFeed(gatewayId, _channel, observer, state.Head, metrics, time, logger);
        LogGatewayJoined(gatewayId, _channel);
        return _state.Current ?? state;
    }

    public Task UnsubscribeAsync(string gatewayId)
    {
        _feeds.Remove(gatewayId);
        return Task.CompletedTask;
    }

    public async Task<MessageBatch> ReadAsync(long after, int maxMessages)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        maxMessages = Math.Clamp(maxMessages, 1, MaxReadMessages);
        var state = await _state.OpenAsync();
        var found = after >= state.Head ? RecentBatch.Empty
            : _state.Recent.Covers(after) ? _state.Recent.After(after, maxMessages, MaxReadBytes)
            : new RecentBatch(await messages.ReadAsync(_channel, after, maxMessages, MaxReadBytes, CancellationToken.None));
        return Batch(_state.Current ?? state, found);
    }

    public Task<ChannelMessages> ReadChannelsAsync(ChannelRange[] ranges, int maxMessages) => throw new NotSupportedException();

    public Task<ChannelPage> ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit) =>
        throw new NotSupportedException();

    public Task<bool> RetractAsync(string channel, long offset) => throw new NotSupportedException();

    /// <summary>Another message has taken the place of the one that the gateway was given.</summary>
    private async Task<bool> IsReplacedAsync(LogPosition known)
    {
        if (known is not { Head: > 0, HeadHash: { } hash }) return false;
        var found = await ReadAsync(known.Head - 1, 1);
        return found.Epoch == known.Epoch && found.Messages is [{ } message] && message.Offset == known.Head
            && !SHA256.HashData(message.Payload).AsSpan().SequenceEqual(hash);
    }

    private bool IsFollowing(string gatewayId, IGatewayObserver observer) =>
        _feeds.TryGetValue(gatewayId, out var feed) && !feed.HasFailed && feed.Observer.Equals(observer);

    private async Task<PublishResult> AppendAsync(PublishBatch batch)
    {
        var pending = new PendingPublish(batch, time.GetUtcNow());
        if (_pendingBytes + pending.Bytes > _options.PublishQueueBytes) throw new ChannelBusyException();
        _pendingBytes += pending.Bytes;
        metrics.Queued(pending.Bytes);
        _pending.Enqueue(pending);
        if (!_isCommitting) _ = CommitAllAsync();
        return await pending.Done.Task;
    }

    private async Task CommitAllAsync()
    {
        _isCommitting = true;
        // The loop serves all publishers, so it must not run in the trace of the one that started it.
        Activity.Current = null;
        while (_pending.Count > 0) await CommitNextAsync();
        _isCommitting = false;
    }

    /// <summary>Does not throw: errors go to the publishers.</summary>
    private async Task CommitNextAsync()
    {
        List<PendingPublish> batch = [];
        try
        {
            await _state.OpenAsync();
            TakeBatch(batch);
            foreach (var publish in batch.Where(publish => _state.IsAhead(publish.Known))) await _state.OpenAsync(publish.Known);
            await CommitApartAsync(batch);
            FeedGateways();
        }
        catch (Exception e)
        {
            // Queued publishes fail with the same error as the batch before them.
            Fail([.. batch.Where(publish => !publish.Done.Task.IsCompleted), .. _pending], e);
            if (e is FencedException) await EndUnlessLostAsync();
        }
    }

    /// <summary>Commits the batch together, or in ever smaller parts when something in it cannot be stored, until that fails
    /// alone.</summary>
    private async Task CommitApartAsync(List<PendingPublish> batch)
    {
        try
        {
            await CommitAsync(await _state.OpenAsync(), batch);
        }
        catch (Exception e) when (!IsOfAll(e))
        {
            if (batch is [var bad])
            {
                LogNotStorable(e, _channel);
                Finish(bad);
                // The driver's exceptions cannot be serialized.
                bad.Done.SetException(e is NotStorableException ? new NotStorableException("The message cannot be stored.") : e);
                return;
            }

            var half = batch.Count / 2;
            await CommitApartAsync(batch[..half]);
            await CommitApartAsync(batch[half..]);
        }
    }

    private void TakeBatch(List<PendingPublish> batch)
    {
        var (count, bytes) = (0, 0L);
        while (_pending.TryPeek(out var next) && (batch.Count == 0
            || (count + next.Drafts.Length <= MaxCommitMessages && bytes + next.Bytes <= MaxCommitBytes)))
        {
            batch.Add(_pending.Dequeue());
            count += next.Drafts.Length;
            bytes += next.Bytes;
        }
    }

    /// <summary>The error is not caused by a message: it would fail any other commit as well.</summary>
    private static bool IsOfAll(Exception e) =>
        e is FencedException or StorageUnavailableException or ObjectDisposedException or OperationCanceledException;

    private async Task CommitAsync(ChannelHead state, List<PendingPublish> batch)
    {
        var written = new List<Message>();
        var made = new List<Notification>();
        var keys = new List<PublishKey>();
        var offset = state.Head;
        foreach (var publish in batch)
        {
            publish.FirstOffset = offset + 1;
            if (publish.Key is { } key)
                keys.Add(new PublishKey(key, publish.FirstOffset, publish.Drafts.Length, publish.RequestHash));
            foreach (var draft in publish.Drafts) written.Add(Write(draft, ++offset, made));
        }

        var trace = await WriteAsync(state.Epoch, batch, written, made, keys);

        _state.Advance(state, written, new Commit(batch.Min(publish => publish.AcceptedAt), trace));
        foreach (var publish in batch)
        {
            Finish(publish);
            publish.Done.SetResult(new PublishResult(publish.FirstOffset, publish.Drafts.Length, Repeated: false));
        }
    }

    /// <summary>One transaction. Answers the trace that it belongs to, if one is recorded.</summary>
    private async Task<string?> WriteAsync(
        string epoch, List<PendingPublish> batch, List<Message> written, List<Notification> made, List<PublishKey> keys)
    {
        using var activity = Tracing.Source.HasListeners()
            ? Tracing.Start(
                Tracing.Commit,
                ActivityKind.Internal,
                [.. batch.Select(publish => publish.Trace?.Context).OfType<ActivityContext>()])
            : null;
        if (activity is not null)
        {
            activity.SetTag("notifyhub.channel", _channel).SetTag("messaging.batch.message_count", written.Count);
            // A span has one parent; the other traces are linked.
            foreach (var trace in batch.Select(publish => publish.Trace).OfType<Activity>().Skip(1))
                trace.AddLink(new ActivityLink(activity.Context));
        }

        // The database's own spans belong to this one.
        Activity.Current = activity;
        var begun = time.GetTimestamp();
        try
        {
            await messages.AppendAsync(_channel, epoch, written, made, keys, CancellationToken.None);
            metrics.Committed(written.Count, time.GetElapsedTime(begun));
            return activity is null ? null : Tracing.Write(activity.Context);
        }
        catch (Exception failure)
        {
            metrics.CommitFailed(ErrorOf(failure), time.GetElapsedTime(begun));
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }

    private static string ErrorOf(Exception failure) => failure switch
    {
        FencedException => "fenced",
        StorageBrokenException => SiloMetrics.StorageBroken,
        StorageUnavailableException => SiloMetrics.StorageUnavailable,
        _ => "not_storable",
    };

    private Message Write(Draft draft, long offset, List<Notification> made)
    {
        if (draft.Fields is not { } notification) return new Message(offset, draft.Payload!, IsNotification: false);
        var published = Notification.AsPublished(_channel, offset, notification);
        made.Add(published);
        return new Message(offset, NotificationJson.Payload(published, _zone), IsNotification: true);
    }

    private void Fail(IReadOnlyCollection<PendingPublish> publishes, Exception e)
    {
        _pending.Clear();
        metrics.Queued(-_pendingBytes);
        _pendingBytes = 0;
        // Whether the last batch was committed may be unknown: before the next write, read the channel's end from the database.
        _state.Forget();
        // The storage has logged its own failures, with the cause.
        if (e is StorageUnavailableException) LogStorageFailed(e.Message, _channel, publishes.Count);
        else if (e is not FencedException) LogCommitFailed(e, _channel, publishes.Count);
        e = e switch
        {
            FencedException => new StorageUnavailableException("The channel has moved; try again."),
            // The silo is ending.
            ObjectDisposedException or OperationCanceledException =>
                new StorageUnavailableException("The silo is shutting down; try again."),
            _ => e,
        };

        foreach (var publish in publishes) publish.Done.TrySetException(e);
    }

    /// <summary>Does not wait for the database any more.</summary>
    private void Finish(PendingPublish publish)
    {
        _pendingBytes -= publish.Bytes;
        metrics.Queued(-publish.Bytes);
    }

    /// <summary>
    /// The database is not where this activation left it. Either it has lost the log's end, which then goes on in a new epoch;
    /// or another activation writes this channel and is the truth now, and this one ends.
    /// </summary>
    private async Task EndUnlessLostAsync()
    {
        var epoch = _state.Epoch;
        _state.Forget();
        try
        {
            if ((await _state.OpenAsync()).Epoch != epoch) return;
            LogFenced(_channel);
            DeactivateOnIdle();
        }
        catch (Exception e)
        {
            // The next publish or look asks again.
            LogNotVerified(e.Message, _channel);
        }
    }

    private void FeedGateways()
    {
        foreach (var (id, feed) in _feeds)
        {
            if (feed.HasFailed) _feeds.Remove(id);
            else _ = feed.PumpAsync(Next);
        }

        // After a failed commit nothing is known until the channel is opened again: nothing to hand out.
        MessageBatch Next(long after, int maxMessages, int maxBytes) =>
            _state.Current is { } state
                ? Batch(state, _state.Recent.After(after, maxMessages, maxBytes))
                : new MessageBatch("", 0, 0, []);
    }

    private static MessageBatch Batch(ChannelHead state, RecentBatch found) =>
        new(state.Epoch, state.FirstRetained, state.Head, found.Messages, found.AcceptedAt, found.Traces);

    /// <summary>
    /// The fence detects a second activation only when this one writes. Without this check, an activation that gateways follow
    /// but nobody publishes to, while the grain directory is inconsistent, would always report that there is nothing new.
    /// </summary>
    private async Task VerifyAsync(CancellationToken cancellation)
    {
        if (_feeds.Count == 0 || _isCommitting || _state.Current is not { } state) return;
        // A commit since the last check has passed the fence, so there is no other writer.
        if (!ReferenceEquals(_verified, state))
        {
            _verified = state;
            return;
        }

        try
        {
            var stored = await messages.OpenAsync(_channel, cancellation);
            var isUnchanged = (stored.Epoch, stored.Head) == (state.Epoch, state.Head);
            if (_isCommitting || !ReferenceEquals(_state.Current, state) || isUnchanged) return;
            await EndUnlessLostAsync();
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException)
        {
            LogNotVerified(e.Message, _channel);
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            if (_state.Current is not { Head: > 0 }) return;
            var now = await GrainFactory.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();
            var first = await messages.SweepAsync(
                _channel, now - _options.RetentionAge, now - MessageStore.KeyLifetime, _options.RetentionMessages, cancellation);
            _state.Swept(first);
        }
        catch (Exception e) when (
            e is StorageUnavailableException or OperationCanceledException or OrleansException or TimeoutException)
        {
            LogSweepFailed(e.Message, _channel);
        }
    }

    [LoggerMessage(401, LogLevel.Information, "Gateway {GatewayId} follows channel {Channel}")]
    private partial void LogGatewayJoined(string gatewayId, string channel);

    [LoggerMessage(402, LogLevel.Warning, "Another activation writes channel {Channel}; this one ends")]
    private partial void LogFenced(string channel);

    [LoggerMessage(403, LogLevel.Error, "{Publishes} publishes to channel {Channel} failed; their callers were notified")]
    private partial void LogCommitFailed(Exception exception, string channel, int publishes);

    [LoggerMessage(404, LogLevel.Error, "A publish to channel {Channel} cannot be stored; only it was refused")]
    private partial void LogNotStorable(Exception exception, string channel);

    [LoggerMessage(405, LogLevel.Debug, "Could not check whether channel {Channel} has another writer: {Error}")]
    private partial void LogNotVerified(string error, string channel);

    [LoggerMessage(406, LogLevel.Warning, "Retention of channel {Channel} failed this time: {Error}")]
    private partial void LogSweepFailed(string error, string channel);

    [LoggerMessage(407, LogLevel.Debug,
        "{Publishes} publishes to channel {Channel} failed; their callers were notified: {Error}")]
    private partial void LogStorageFailed(string error, string channel, int publishes);
}
