using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>
/// Keeps the gateway's <see cref="ChannelLog"/> in step with the channel. The grain pushes new messages, for speed; lost ones are
/// noticed by their offsets, or by the head that every renewal returns, and pulled: push is for speed, pull is for
/// correctness.
/// </summary>
public sealed partial class ChannelFollower(
    IGrainFactory grains,
    GatewayNode node,
    IOptions<GatewayOptions> options,
    DeliveryTimes times,
    DeliveryCounts counts,
    GatewayMetrics metrics,
    ILogger<ChannelFollower> logger) : IDisposable
{
    private const int RepairMessages = 1000;

    private readonly SemaphoreSlim _repairing = new(1, 1);
    private readonly Lock _gate = new();
    private Task? _nextCatchUp;
    private volatile ChannelLog? _log;

    /// <summary>The channel's newest part; null until the grid has been reached for the first time.</summary>
    public ChannelLog? Log => _log;

    /// <summary>How many other logs carry the other channels; 0 until the grid has been reached.</summary>
    public int Logs { get; private set; }

    /// <summary>The log has grown. Called on the thread that brought the messages.</summary>
    public event Action<ChannelLog>? Appended;

    /// <summary>The channel's log was lost and restarted; <see cref="Log"/> is another from now on.</summary>
    public event Action? EpochChanged;

    /// <summary>Any client is connected here: there is a delivery to be measured.</summary>
    public Func<bool> HasClients { get; set; } = () => false;

    /// <summary>What the gateway has, for publishes: a grid that has less must not give out the same offsets again. Null:
    /// nothing yet.</summary>
    public LogPosition? Position => _log is { } log ? new LogPosition(log.Epoch, log.Head) : null;

    /// <summary>Registers with the channel's grain or renews the registration, and fills a hole if the answer shows
    /// one.</summary>
    /// <exception cref="TimeoutException">The grain did not answer within <see cref="GridCall.Timeout"/>.</exception>
    public async Task RenewAsync(IGatewayObserver observer, CancellationToken cancellation)
    {
        var head = await Grain().SubscribeAsync(node.Id, observer, Proof()).WaitAsync(GridCall.Timeout, cancellation);
        Logs = head.Logs;
        if (_log?.Epoch != head.Epoch)
        {
            // One at a time, and not in the middle of a repair, which may restart the log too.
            await _repairing.WaitAsync(cancellation);
            try
            {
                if (_log?.Epoch != head.Epoch) Begin(head.Epoch, Start(head));
            }
            finally
            {
                _repairing.Release();
            }
        }

        if (head.Head > _log!.Head) await RepairAsync(cancellation);
    }

    public Task LeaveAsync() => Grain().UnsubscribeAsync(node.Id);

    /// <summary>Messages pushed by the grain.</summary>
    public void Take(MessageBatch batch)
    {
        // Before the first renewal has been answered, or with another epoch, the renewal sorts it out.
        if (_log is not { } log || log.Epoch != batch.Epoch) return;
        if (Append(log, batch)) return;
        LogHole(log.Head, batch.Messages[0].Offset);
        _ = RepairAsync(CancellationToken.None);
    }

    /// <summary>Brings the log to where the channel is now. All calls during one read share the next one: however
    /// many clients name an offset that is not known here, repairs and renewals wait behind one of them. Fails when the channel
    /// cannot be asked: who then took the log for the channel would call what is newer lost.</summary>
    public Task CatchUpAsync(CancellationToken cancellation)
    {
        lock (_gate) return (_nextCatchUp ??= CatchUpNextAsync()).WaitAsync(cancellation);
    }

    public void Dispose() => _repairing.Dispose();

    private IBroadcastGrain Grain() => grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));

    /// <summary>What the gateway has, with what proves it.</summary>
    private LogPosition? Proof() => _log switch
    {
        null => null,
        { Newest: { } newest } log => new LogPosition(log.Epoch, newest.Offset, SHA256.HashData(newest.Payload)),
        var log => new LogPosition(log.Epoch, log.Head),
    };

    /// <summary>
    /// The offset behind which the log of another epoch begins: clients here have not received what was published in it.
    /// Where the epoch's start is not known, older messages may or may not be ones that they have received.
    /// </summary>
    private long Start(ChannelHead head) => _log is { } before && head.EpochStart is { } start
        ? Math.Max(Math.Min(before.Head, start), head.FirstRetained - 1)
        : head.Head;

    private void Begin(string epoch, long start)
    {
        var before = _log;
        // A client that resumes may begin in the oldest part of the history, and must not lag too far already then.
        var historyBytes = Math.Min(options.Value.HistoryBytes, options.Value.BacklogBytes / 2);
        var head = new ChannelHead(epoch, FirstRetained: start + 1, start);
        var log = before?.BeginAnew(head, historyBytes) ?? new ChannelLog(head, historyBytes);
        // Before anything of it can be sent.
        counts.Begin(epoch);
        // Notified first: a client's cursor must not be in a log that its sender does not follow yet.
        Appended?.Invoke(log);
        _log = log;
        if (before is null) return;
        times.Forget();
        LogNewEpoch(epoch);
        EpochChanged?.Invoke();
    }

    private bool Append(ChannelLog log, MessageBatch batch)
    {
        var messages = batch.Messages;
        if (messages.Length == 0) return true;
        if (!log.TryAppend(messages)) return false;
        if (batch.AcceptedAt is { } acceptedAt && HasClients()) times.Begin(messages[^1].Offset, acceptedAt, FanOut(batch));
        Appended?.Invoke(log);
        return true;
    }

    /// <summary>The span of a batch that comes from a recorded publish; it lasts until the last client has been sent
    /// it.</summary>
    private static Activity? FanOut(MessageBatch batch)
    {
        if (batch.Traces is null || !Tracing.Source.HasListeners()) return null;
        List<ActivityContext> traces = new(batch.Traces.Length);
        foreach (var trace in batch.Traces)
            if (ActivityContext.TryParse(trace, null, isRemote: true, out var context)) traces.Add(context);
        return Tracing.Start(Tracing.FanOut, ActivityKind.Internal, traces)
            ?.SetTag("notifyhub.channel", GrainKeys.PublicChannel)
            .SetTag("messaging.batch.message_count", batch.Messages.Length);
    }

    private async Task CatchUpNextAsync()
    {
        // Outside the lock, also when no read is in progress.
        await Task.Yield();
        await _repairing.WaitAsync();
        // A caller from here on may know of something that this read does not see, so it gets the next one.
        lock (_gate) _nextCatchUp = null;
        await ReadMissingAsync(CancellationToken.None);
    }

    private async Task RepairAsync(CancellationToken cancellation)
    {
        await _repairing.WaitAsync(cancellation);
        try
        {
            await ReadMissingAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next renewal, a second from now, sees the hole again.
            LogRepairFailed(e.Message);
        }
    }

    /// <summary>The caller holds <see cref="_repairing"/>; this releases it.</summary>
    private async Task ReadMissingAsync(CancellationToken cancellation)
    {
        try
        {
            var isCounted = false;
            while (_log is { } log)
            {
                var before = log.Head;
                var batch = await Grain().ReadAsync(before, RepairMessages).WaitAsync(cancellation);
                if (batch.Epoch != log.Epoch || batch.Messages.Length == 0) return;
                // Messages that were swept before this gateway could read them are lost to it: it begins at the oldest left.
                if (batch.Messages[0].Offset > log.Head + 1) Begin(batch.Epoch, batch.Messages[0].Offset - 1);
                else Append(log, batch);
                if (!isCounted) metrics.Repaired();
                isCounted = true;
                metrics.RepairedMessages(batch.Messages.Length);
                if (_log!.Head >= batch.Head) return;
            }
        }
        finally
        {
            _repairing.Release();
        }
    }

    [LoggerMessage(3001, LogLevel.Information, "Messages after {Head} and before {Next} are missing; reading them")]
    private partial void LogHole(long head, long next);

    [LoggerMessage(3002, LogLevel.Warning, "A gap in the channel could not be filled yet: {Error}")]
    private partial void LogRepairFailed(string error);

    [LoggerMessage(3003, LogLevel.Warning,
        "The channel has a new epoch {Epoch}; clients with offsets of the old one are closed")]
    private partial void LogNewEpoch(string epoch);
}
