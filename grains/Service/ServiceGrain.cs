using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Service;

/// <summary>
/// What the operators want of the whole grid. Reentrant, so that gateways renew while a command waits for the slowest of them.
/// </summary>
[Reentrant, GrainType("service")]
public sealed partial class ServiceGrain(
    [PersistentState("service")] IPersistentState<ServiceState> stored,
    Database database,
    IOptions<SiloOptions> options,
    TimeProvider time,
    ILogger<ServiceGrain> logger) : Grain, IServiceGrain, IDisposable
{
    private static readonly TimeSpan NotifyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Gateways renew once per second: after this time a grain that has just moved here knows them all.</summary>
    private static readonly TimeSpan SubscribersKnownAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RecoverEvery = TimeSpan.FromSeconds(1);
    private static readonly ServiceState Initial = new(Running: true, Restarts: 0);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly long _activatedAt = time.GetTimestamp();
    private readonly Dictionary<string, Subscriber> _subscribers = new(StringComparer.Ordinal);

    // The durable state. Not stored.State, which a write that has not ended yet has changed already.
    private ServiceState _state = Initial;

    // Not null: a write failed, and whether it was stored is unknown.
    private IGrainTimer? _recovery;

    // Why the last attempt to read failed, which is logged once until it changes.
    private string? _notRead;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = stored.RecordExists ? stored.State : Initial;
        return Task.CompletedTask;
    }

    public Task<ServiceState> GetAsync() => Task.FromResult(_state);

    public async Task<ServiceChange> SetAsync(ServiceCommand command)
    {
        await _gate.WaitAsync();
        try
        {
            if (_recovery is not null && await RecoverAsync() is { } unread) throw unread;
            var wanted = command switch
            {
                ServiceCommand.Start => _state with { Running = true },
                ServiceCommand.Stop => _state with { Running = false },
                ServiceCommand.Restart => _state with { Running = true, Restarts = _state.Restarts + 1 },
                _ => throw new ArgumentOutOfRangeException(nameof(command), command, "There is no such command."),
            };
            var changed = wanted != _state;
            if (changed) await StoreAsync(wanted with { Version = _state.Version + 1 });
            if (SubscribersKnownAfter - time.GetElapsedTime(_activatedAt) is { Ticks: > 0 } rest) await Task.Delay(rest, time);
            // Also when nothing changed: it may be the retry of a command whose answer was lost.
            var unanswered = await NotifyAsync();
            await RefreshStatsAsync();
            return new ServiceChange(_state, changed, unanswered);
        }
        finally
        {
            _gate.Release();
        }
    }

    public Task<ServiceState> SubscribeAsync(string gatewayId, IGatewayObserver observer)
    {
        _subscribers[gatewayId] = new Subscriber(observer, time.GetTimestamp());
        return Task.FromResult(_state);
    }

    public Task UnsubscribeAsync(string gatewayId)
    {
        _subscribers.Remove(gatewayId);
        return Task.CompletedTask;
    }

    public void Dispose() => _gate.Dispose();

    private async Task StoreAsync(ServiceState wanted)
    {
        try
        {
            stored.State = wanted;
            await stored.WriteStateAsync();
            _state = wanted;
        }
        catch (Exception failure)
        {
            var unstored = database.TranslateProviderFault(StorageUse.Commit, failure);
            // Without the check the service could stop days later, when this grain moves and reads what was stored after all.
            // Not by deactivating: the next activation could not read either, and gateways could not renew while the storage is
            // down.
            LogNotStored(failure, unstored.Message);
            _recovery ??= this.RegisterGrainTimer(TryRecoverAsync, new GrainTimerCreationOptions(RecoverEvery, RecoverEvery)
            {
                Interleave = true,
                KeepAlive = true,
            });
            throw unstored;
        }
    }

    private async Task TryRecoverAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_recovery is not null && await RecoverAsync() is null) await NotifyAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Null: what was stored is known again. Otherwise why it cannot be read.</summary>
    private async Task<StorageUnavailableException?> RecoverAsync()
    {
        try
        {
            await stored.ReadStateAsync();
        }
        catch (Exception failure)
        {
            var unread = database.TranslateProviderFault(StorageUse.Read, failure);
            if (unread.Message != _notRead) LogNotRead(failure, unread.Message);
            _notRead = unread.Message;
            return unread;
        }

        _state = stored.RecordExists ? stored.State : Initial;
        _recovery?.Dispose();
        (_recovery, _notRead) = (null, null);
        return null;
    }

    private async Task RefreshStatsAsync()
    {
        try
        {
            await GrainFactory.GetGrain<IStatsGrain>(GrainKeys.Only).RefreshAsync();
        }
        catch (Exception failure)
        {
            // What it answers is at most a second old anyway, and the command is carried out.
            LogNotRefreshed(failure);
        }
    }

    /// <summary>Returns the gateways that did not confirm.</summary>
    private async Task<string[]> NotifyAsync()
    {
        // A gateway that no longer renews is gone, and would make every command wait for the whole timeout.
        foreach (var (gatewayId, subscriber) in _subscribers)
        {
            if (time.GetElapsedTime(subscriber.RenewedAt) > options.Value.Lease) _subscribers.Remove(gatewayId);
        }

        var unanswered = await Task.WhenAll(_subscribers.ToArray().Select(async entry =>
        {
            try
            {
                await entry.Value.Observer.ApplyAsync(_state).WaitAsync(NotifyTimeout, time);
                return null;
            }
            catch (Exception failure)
            {
                LogNotNotified(entry.Key, failure.Message);
                // Unless it has renewed meanwhile: then it knows the state from the answer.
                if (_subscribers.TryGetValue(entry.Key, out var now) && now == entry.Value) _subscribers.Remove(entry.Key);
                return entry.Key;
            }
        }));
        return [.. unanswered.OfType<string>().Order(StringComparer.Ordinal)];
    }

    private sealed record Subscriber(IGatewayObserver Observer, long RenewedAt);

    [LoggerMessage(1301, LogLevel.Error, "The wanted state could not be stored: {Error}")]
    private partial void LogNotStored(Exception failure, string error);

    [LoggerMessage(1302, LogLevel.Warning,
        "The statistics could not be refreshed; the counts may be one second old")]
    private partial void LogNotRefreshed(Exception failure);

    [LoggerMessage(1303, LogLevel.Warning, "The wanted state cannot be read yet: {Error}")]
    private partial void LogNotRead(Exception failure, string error);

    [LoggerMessage(1304, LogLevel.Warning, "Gateway {GatewayId} could not be notified of the wanted state: {Error}")]
    private partial void LogNotNotified(string gatewayId, string error);
}
