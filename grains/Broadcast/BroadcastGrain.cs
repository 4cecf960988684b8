using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;
using Orleans.Concurrency;
using Orleans.Placement;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// A channel's log. While one batch is at the database the next one collects (group commit): one transaction and one fsync acknowledge
/// many publishes. Offsets are given when a batch is written, so a failed one leaves no hole.
/// </summary>
// Not by load, which is Orleans' default: it is known by reports, and a hundred channels that are looked for at once, as after a silo's death, would
// all be given to whoever was idle in the last one.
[Reentrant, GrainType("broadcast"), RandomPlacement]
public sealed partial class BroadcastGrain(
    MessageStore messages,
    NotificationStore notifications,
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
    private readonly RecentMessages _recent = new(options.Value.RecentBytes);
    private readonly Queue<PendingPublish> _pending = new();
    private readonly Dictionary<string, Task<PublishResult>> _keysInFlight = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GatewayFeed> _feeds = new(StringComparer.Ordinal);
    private string _channel = "";
    private ChannelHead? _state;
    private ChannelHead? _verified;
    private Task<ChannelHead>? _opening;
    private long _pendingBytes;
    private bool _isCommitting;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _channel = GrainKeys.ChannelName(this.GetPrimaryKeyString());
        this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions(SweepInterval, SweepInterval) { Interleave = true });
        this.RegisterGrainTimer(VerifyAsync, new GrainTimerCreationOptions(VerifyInterval, VerifyInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public async Task<PublishResult> PublishAsync(PublishBatch batch)
    {
        ArgumentOutOfRangeException.ThrowIfZero(batch.Drafts.Length);
        if (batch.IdempotencyKey is not { } key) return await AppendAsync(batch);

        // The same key while its first publish is still under way waits for that one's answer.
        if (_keysInFlight.TryGetValue(key, out var first)) return await first with { Repeated = true };
        var publish = PublishOnceAsync(batch, key);
        _keysInFlight[key] = publish;
        try
        {
            return await publish;
        }
        finally
        {
            _keysInFlight.Remove(key);
        }
    }

    public async Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, OffsetRange[] delivered)
    {
        var state = await OpenAsync();
        if (!_feeds.TryGetValue(gatewayId, out var feed) || feed.HasFailed || !feed.Observer.Equals(observer))
        {
            _feeds[gatewayId] = new GatewayFeed(observer, state.Head, metrics, time);
            LogGatewayJoined(gatewayId, _channel);
        }

        foreach (var range in delivered) await notifications.MarkDeliveredAsync(range.First, range.Last, time.GetUtcNow());
        return _state ?? state;
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
        var state = await OpenAsync();
        var found = after >= state.Head ? RecentBatch.Empty
            : _recent.Covers(after) ? _recent.After(after, maxMessages, MaxReadBytes)
            : new RecentBatch(await messages.ReadAsync(_channel, after, maxMessages, MaxReadBytes, CancellationToken.None));
        return Batch(_state ?? state, found);
    }

    /// <summary>Where the channel stands, read from the database when it is not known (any more).</summary>
    private async Task<ChannelHead> OpenAsync()
    {
        if (_state is { } known) return known;
        // Many callers, one read.
        var opening = _opening ??= messages.OpenAsync(_channel, CancellationToken.None);
        try
        {
            var read = await opening;
            _state ??= read;
            return _state;
        }
        finally
        {
            if (ReferenceEquals(_opening, opening)) _opening = null;
        }
    }

    private async Task<PublishResult> PublishOnceAsync(PublishBatch batch, string key) =>
        await messages.FindKeyAsync(_channel, key, CancellationToken.None) ?? await AppendAsync(batch);

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
        // It goes on for others than the publisher who happened to begin it.
        Activity.Current = null;
        var batch = new List<PendingPublish>();
        try
        {
            while (_pending.Count > 0)
            {
                var state = await OpenAsync();
                TakeBatch(batch);
                await CommitAsync(state, batch);
                batch.Clear();
            }
        }
        catch (Exception e)
        {
            // Nothing that waits can be told more than what happened to the batch in front of it.
            Fail([.. batch, .. _pending], e);
        }
        finally
        {
            _isCommitting = false;
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

    private async Task CommitAsync(ChannelHead state, List<PendingPublish> batch)
    {
        var written = new List<Message>();
        var made = new List<Notification>();
        var keys = new List<PublishKey>();
        var offset = state.Head;
        foreach (var publish in batch)
        {
            publish.FirstOffset = offset + 1;
            if (publish.Key is { } key) keys.Add(new PublishKey(key, publish.FirstOffset, publish.Drafts.Length));
            foreach (var draft in publish.Drafts) written.Add(Write(draft, ++offset, made));
        }

        var trace = await WriteAsync(batch, written, made, keys);

        _state = state with { Head = offset, FirstRetained = Math.Min(state.FirstRetained, written[0].Offset) };
        _recent.Add(written, new Commit(batch.Min(publish => publish.AcceptedAt), trace));
        foreach (var publish in batch)
        {
            _pendingBytes -= publish.Bytes;
            metrics.Queued(-publish.Bytes);
            publish.Done.SetResult(new PublishResult(publish.FirstOffset, publish.Drafts.Length, Repeated: false));
        }

        FeedGateways();
    }

    /// <summary>One transaction. Answers the trace that it belongs to, if one is recorded.</summary>
    private async Task<string?> WriteAsync(
        List<PendingPublish> batch, List<Message> written, List<Notification> made, List<PublishKey> keys)
    {
        using var activity = Tracing.Source.HasListeners()
            ? Tracing.Start(Tracing.Commit, ActivityKind.Internal, [.. batch.Select(publish => publish.Trace?.Context).OfType<ActivityContext>()])
            : null;
        if (activity is not null)
        {
            activity.SetTag("notifyhub.channel", _channel).SetTag("messaging.batch.message_count", written.Count);
            // It can go on in one trace only; the others are shown the way.
            foreach (var trace in batch.Select(publish => publish.Trace).OfType<Activity>().Skip(1)) trace.AddLink(new ActivityLink(activity.Context));
        }

        // The database's own spans belong to this one.
        Activity.Current = activity;
        var begun = time.GetTimestamp();
        try
        {
            await messages.AppendAsync(_channel, written, made, keys, CancellationToken.None);
            metrics.Committed(written.Count, time.GetElapsedTime(begun));
            return activity is null ? null : Tracing.Write(activity.Context);
        }
        catch (Exception failure)
        {
            metrics.CommitFailed(failure is FencedException ? "fenced" : "storage_unavailable", time.GetElapsedTime(begun));
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }

    private Message Write(Draft draft, long offset, List<Notification> made)
    {
        if (draft.Notification is not { } notification) return new Message(offset, draft.Payload!, IsNotification: false);
        var published = Notification.AsPublished(offset, notification);
        made.Add(published);
        return new Message(offset, NotificationJson.Payload(published, _zone), IsNotification: true);
    }

    private void Fail(IReadOnlyCollection<PendingPublish> publishes, Exception e)
    {
        _pending.Clear();
        metrics.Queued(-_pendingBytes);
        _pendingBytes = 0;
        // Whether the last batch was committed may be unknown: the database says where the channel stands, before anything else is written.
        Forget();
        if (e is FencedException)
        {
            // Another activation writes this channel: it is the truth now. Publishers are told to try again and find it.
            LogFenced(_channel);
            DeactivateOnIdle();
            e = new StorageUnavailableException("The channel has moved; try again.");
        }
        else
        {
            LogCommitFailed(e, _channel, publishes.Count);
        }

        foreach (var publish in publishes) publish.Done.TrySetException(e);
    }

    private void Forget()
    {
        _state = null;
        _recent.Clear();
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
            _state is { } state
                ? Batch(state, _recent.After(after, maxMessages, maxBytes))
                : new MessageBatch("", 0, 0, []);
    }

    private static MessageBatch Batch(ChannelHead state, RecentBatch found) =>
        new(state.Epoch, state.FirstRetained, state.Head, found.Messages, found.AcceptedAt, found.Traces);

    /// <summary>
    /// The fence finds a second activation only when it writes. One that gateways follow and nobody publishes at, while the grid's directory
    /// is at odds with itself, would tell them for ever that there is nothing new.
    /// </summary>
    private async Task VerifyAsync(CancellationToken cancellation)
    {
        if (_feeds.Count == 0 || _isCommitting || _state is not { } state) return;
        // A commit since the last look has shown that nobody else writes: the fence let it through.
        if (!ReferenceEquals(_verified, state))
        {
            _verified = state;
            return;
        }

        try
        {
            var stored = await messages.OpenAsync(_channel, cancellation);
            if (_isCommitting || !ReferenceEquals(_state, state) || (stored.Epoch, stored.Head) == (state.Epoch, state.Head)) return;
            LogFenced(_channel);
            Forget();
            DeactivateOnIdle();
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
            if (_state is not { Head: > 0 }) return;
            var now = await GrainFactory.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();
            var first = await messages.SweepAsync(
                _channel, now - _options.RetentionAge, now - MessageStore.KeyLifetime, _options.RetentionMessages, cancellation);
            if (_state is { } state) _state = state with { FirstRetained = first };
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException or OrleansException or TimeoutException)
        {
            LogSweepFailed(e.Message, _channel);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Gateway {GatewayId} follows channel {Channel}")]
    private partial void LogGatewayJoined(string gatewayId, string channel);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel} is written by another activation; this one ends")]
    private partial void LogFenced(string channel);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Publishes} publishes to channel {Channel} failed and were told so")]
    private partial void LogCommitFailed(Exception e, string channel, int publishes);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Whether channel {Channel} is written elsewhere could not be seen: {Fault}")]
    private partial void LogNotVerified(string fault, string channel);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retention of channel {Channel} was not applied this time: {Fault}")]
    private partial void LogSweepFailed(string fault, string channel);

    /// <summary>A publish that waits for its commit.</summary>
    private sealed class PendingPublish(PublishBatch batch, DateTimeOffset now)
    {
        // What each takes beside its text, roughly: the bound is on memory, not to the byte. Without it two million empty objects would count for nothing.
        private const int PublishBytes = 512;
        private const int DraftBytes = 128;
        private const int NotificationBytes = 512;

        public Draft[] Drafts => batch.Drafts;

        public string? Key => batch.IdempotencyKey;

        /// <summary>By the gateway's clock, but for one that is ahead.</summary>
        public DateTimeOffset AcceptedAt { get; } = batch.AcceptedAt is { } at && at < now ? at : now;

        public long FirstOffset { get; set; }

        public long Bytes { get; } = PublishBytes + batch.Drafts.Sum(draft => DraftBytes + (draft.Payload?.Length
            ?? (NotificationBytes + 2L * (draft.Notification!.Title.Length + draft.Notification.Message.Length))));

        /// <summary>The call that it came with, while it is recorded.</summary>
        public Activity? Trace { get; } = Activity.Current is { Recorded: true } activity ? activity : null;

        public TaskCompletionSource<PublishResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
