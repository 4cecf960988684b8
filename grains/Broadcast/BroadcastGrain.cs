using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Telemetry;
using Orleans.Concurrency;
using Orleans.Placement;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// A log: that of <c>all</c>, or one that carries many channels. Offsets are assigned when a batch is written, so a failed one
/// leaves no gap.
/// </summary>
// Random, not by load (Orleans' default): loads are only known from periodic reports, so when a hundred logs are activated at
// once, as after a silo's death, all of them would go to the silo that was idle in its last report.
[Reentrant, GrainType("broadcast"), RandomPlacement]
public sealed partial class BroadcastGrain(
    LogStores stores,
    EpochStore epochs,
    IOptions<SiloOptions> options,
    SiloMetrics metrics,
    TimeProvider time,
    ILogger<BroadcastGrain> logger) : Grain, IBroadcastGrain
{
    // Small: others wait while it is read and sent, and a gateway keeps it for each client that reads slowly.
    private const int MaxReadBytes = 1 << 20;
    private const int MaxReadMessages = 1_000;
    private const int MaxRanges = 1_000;
    private const int MaxPage = 500;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan VerifyInterval = TimeSpan.FromSeconds(1);

    private readonly SiloOptions _options = options.Value;
    private readonly ChannelRates _rates = new(time);
    private string _log = "";
    private int? _number;
    private ILogStore _store = null!;
    private ChannelState _state = null!;
    private CommitWriter _writer = null!;
    private CommitQueue _queue = null!;
    private KeyedPublishes _keyed = null!;
    private GatewayFeeds _feeds = null!;
    private ChannelHead? _verified;

    private bool CarriesChannels => _number is not null;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _log = GrainKeys.LogNameOf(this.GetPrimaryKeyString());
        _number = GrainKeys.LogNumber(_log);
        _store = CarriesChannels ? stores.Channels : stores.Messages;
        var recent = new RecentMessages(_options.RecentBytes);
        _state = new ChannelState(_log, _store, epochs, recent, CarriesChannels, metrics, logger);
        _feeds = new GatewayFeeds(_log, _number ?? GrainKeys.PublicLog, _state, metrics, time, logger);
        _state.EpochChanged += _feeds.Clear;
        _writer = new CommitWriter(_log, _number, _options.Zone(), time);
        var budget = CarriesChannels ? stores.Waiting : new QueueBudget(_options.PublishQueueBytes);
        _queue = new CommitQueue(_log, _store, stores.Keys, _state, _writer, budget, metrics, time, logger);
        _queue.Committed += _feeds.Send;
        _queue.Fenced += EndUnlessLostAsync;
        _keyed = new KeyedPublishes(AppendAsync);
        this.RegisterGrainTimer(SweepAsync, new GrainTimerCreationOptions(SweepInterval, SweepInterval) { Interleave = true });
        this.RegisterGrainTimer(VerifyAsync, new GrainTimerCreationOptions(VerifyInterval, VerifyInterval) { Interleave = true });
        return Task.CompletedTask;
    }

    public async Task<PublishResult> PublishAsync(PublishBatch batch)
    {
        ArgumentOutOfRangeException.ThrowIfZero(batch.Drafts.Length);
        PublishRules.Check(batch, CarriesChannels);
        return batch.IdempotencyKey is { } key ? await _keyed.PublishAsync(batch, key) : await AppendAsync(batch);
    }

    public async Task<ChannelHead> SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known)
    {
        var state = await _state.OpenAsync(known);
        if (_feeds.IsFollowing(gatewayId, observer)) return state;

        // Once is enough: from here on it has what this activation gives it.
        if (known is not null && await IsReplacedAsync(known)) await _state.ReplacedAsync(known);
        state = await _state.OpenAsync();
        _feeds.Add(gatewayId, observer, state.Head);
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
        if (after >= state.Head) return _feeds.Batch(state, RecentBatch.Empty, state.Head, state.Head);
        if (_state.Recent.Covers(after))
        {
            var found = _state.Recent.After(after, maxMessages, MaxReadBytes);
            return _feeds.Batch(state, found, after, found.Messages[^1].Offset);
        }

        var page = await _store.ReadAsync(_log, after, state.Head, maxMessages, MaxReadBytes, CancellationToken.None);
        return _feeds.Batch(_state.Current ?? state, new RecentBatch(page.Messages), page.From, page.To);
    }

    public async Task<ChannelMessages> ReadChannelsAsync(ChannelRange[] ranges, int maxMessages)
    {
        RequireChannels();
        ArgumentOutOfRangeException.ThrowIfZero(ranges.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ranges.Length, MaxRanges);
        foreach (var range in ranges)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(range.After);
            if (range.HistoryLimit is { } limit) ArgumentOutOfRangeException.ThrowIfNegative(limit);
        }

        maxMessages = Math.Clamp(maxMessages, 1, MaxReadMessages);
        var state = await _state.OpenAsync();
        return await ReadAsync(() =>
            stores.Reader.ReadAsync(_log, state, ranges, maxMessages, MaxReadBytes, CancellationToken.None));
    }

    public async Task<ChannelPage> ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit)
    {
        RequireChannels();
        if (historyLimit is { } most) ArgumentOutOfRangeException.ThrowIfNegative(most, nameof(historyLimit));
        limit = Math.Clamp(limit, 1, MaxPage);
        var state = await _state.OpenAsync();
        return await ReadAsync(() => stores.Reader.ReadHistoryAsync(
            _log, state, channel, before, limit, historyLimit, MaxReadBytes, CancellationToken.None));
    }

    public async Task<bool> RetractAsync(string channel, long offset)
    {
        RequireChannels();
        var state = await _state.OpenAsync();
        if (offset < 1 || offset > state.Head) return false;
        if (await stores.Channels.FindAsync(_log, channel, offset, CancellationToken.None) is not { } retraction) return false;
        await _queue.AddAsync(new PendingPublish(retraction, time.GetUtcNow()));
        return true;
    }

    private void RequireChannels()
    {
        if (!CarriesChannels) throw new InvalidOperationException($"The log '{_log}' carries one channel only.");
    }

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (ListRefusedException e)
        {
            throw new ChannelBusyException(e.Message);
        }
    }

    /// <summary>Another message has taken the place of the one that the gateway was given.</summary>
    private async Task<bool> IsReplacedAsync(LogPosition known)
    {
        if (known is not { Head: > 0, HeadHash: { } hash }) return false;
        var found = await ReadAsync(known.Head - 1, 1);
        return found.Epoch == known.Epoch && found.Messages is [{ } message] && message.Offset == known.Head
            && !SHA256.HashData(message.Payload).AsSpan().SequenceEqual(hash);
    }

    private async Task<PublishResult> AppendAsync(PublishBatch batch)
    {
        _rates.Take(batch.Drafts);
        if (!Array.TrueForAll(batch.Drafts, draft => draft.Target is { Retention: Retention.None }))
            return await _queue.AddAsync(new PendingPublish(batch, time.GetUtcNow()));

        // Without the database, whatever its state.
        _feeds.Send(_writer.Unstored(batch.Drafts));
        return new PublishResult(0, batch.Drafts.Length, Repeated: false);
    }

    /// <summary>
    /// The database is not where this activation left it. Either it has lost the log's end, which then goes on in a new epoch;
    /// or another activation writes this log and is the truth now, and this one ends.
    /// </summary>
    private async Task EndUnlessLostAsync()
    {
        var epoch = _state.Last?.Epoch;
        _state.Forget();
        try
        {
            if ((await _state.OpenAsync()).Epoch != epoch) return;
            LogFenced(_log);
            DeactivateOnIdle();
        }
        catch (Exception e)
        {
            // The next publish or look asks again.
            LogNotVerified(e.Message, _log);
        }
    }

    /// <summary>
    /// The fence detects a second activation only when this one writes. Without this check, an activation that gateways follow
    /// but nobody publishes to, while the grain directory is inconsistent, would always report that there is nothing new.
    /// </summary>
    private async Task VerifyAsync(CancellationToken cancellation)
    {
        if (_feeds.Count == 0 || _queue.IsCommitting || _state.Current is not { } state) return;
        // A commit since the last check has passed the fence, so there is no other writer.
        if (!ReferenceEquals(_verified, state))
        {
            _verified = state;
            return;
        }

        try
        {
            var stored = await _store.OpenAsync(_log, cancellation);
            var isUnchanged = (stored.Epoch, stored.Head) == (state.Epoch, state.Head);
            if (_queue.IsCommitting || !ReferenceEquals(_state.Current, state) || isUnchanged) return;
            await EndUnlessLostAsync();
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException)
        {
            LogNotVerified(e.Message, _log);
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            if (_state.Current is not { Head: > 0 }) return;
            var now = await GrainFactory.GetGrain<IRetentionGrain>(GrainKeys.Only).NowAsync();
            // Channels are swept for all logs together.
            if (!CarriesChannels)
            {
                _state.Swept(await stores.Messages.SweepAsync(
                    _log, now - _options.RetentionAge, _options.RetentionMessages, cancellation));
            }

            await stores.Keys.SweepAsync(_log, now - PublishKeyStore.Lifetime, cancellation);
        }
        catch (Exception e) when (
            e is StorageUnavailableException or OperationCanceledException or OrleansException or TimeoutException)
        {
            LogSweepFailed(e.Message, _log);
        }
    }

    [LoggerMessage(402, LogLevel.Warning, "Another activation writes log {Log}; this one ends")]
    private partial void LogFenced(string log);

    [LoggerMessage(405, LogLevel.Debug, "Could not check whether log {Log} has another writer: {Error}")]
    private partial void LogNotVerified(string error, string log);

    [LoggerMessage(406, LogLevel.Warning, "Retention of log {Log} failed this time: {Error}")]
    private partial void LogSweepFailed(string error, string log);
}
