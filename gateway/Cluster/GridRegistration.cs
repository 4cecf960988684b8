using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Cluster;

/// <summary>
/// Registers the gateway with the channel and the service once per second, because their grains forget it when they move.
/// Unregisters it at the end. The gateway's lease does not depend on it: <see cref="SessionReporter"/> renews that.
/// </summary>
internal sealed partial class GridRegistration : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IGrainFactory _grains;
    private readonly IGatewayObserver _observer;
    private readonly GatewayNode _node;
    private readonly ChannelFollower _follower;
    private readonly ChannelLogs _logs;
    private readonly Namespaces _namespaces;
    private readonly ListenerControl _listeners;
    private readonly GridContact _contact;
    private readonly TimeProvider _time;
    private readonly ILogger<GridRegistration> _logger;
    private bool _isFailing;

    public GridRegistration(
        IGrainFactory grains,
        IGatewayObserver observer,
        GatewayNode node,
        ChannelFollower follower,
        ChannelLogs logs,
        Namespaces namespaces,
        ListenerControl listeners,
        GridContact contact,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<GridRegistration> logger)
    {
        (_grains, _observer, _node, _follower, _logs, _namespaces, _listeners, _contact, _time, _logger) =
            (grains, observer, node, follower, logs, namespaces, listeners, contact, time, logger);
        metrics.ObserveGrid(() => contact.IsReachable, () => follower.Log?.Head ?? 0);
    }

    /// <summary>Unregisters. Until now the gateway was registered as ever: a drain may take longer than a lease.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await Task.WhenAll(_follower.LeaveAsync(), _logs.LeaveAsync(), Service().UnsubscribeAsync(_node.Id))
                .WaitAsync(GridCall.Timeout, _time, cancellationToken);
        }
        catch (Exception failure)
        {
            // The grains drop a gateway that does not answer or renew.
            LogNotUnregistered(GridCall.Describe(failure));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new RepeatedCall(Interval, _time).RunAsync(TryRegisterAsync, stoppingToken);

    private async Task<bool> TryRegisterAsync(CancellationToken cancellation)
    {
        try
        {
            await RegisterAsync(cancellation);
            if (_isFailing) LogReachable();
            _isFailing = false;
            _contact.Registered();
            return true;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Once when it begins: an outage of a minute is not sixty log lines.
            if (!_isFailing) LogUnreachable(GridCall.Describe(failure));
            _isFailing = true;
            _contact.NotRegistered(failure);
            return false;
        }
    }

    private async Task RegisterAsync(CancellationToken cancellation)
    {
        var state = Service().SubscribeAsync(_node.Id, _observer).WaitAsync(GridCall.Timeout, _time, cancellation);
        await _follower.RenewAsync(_observer, cancellation);
        await _logs.RenewAsync(_observer, cancellation);
        // Clients are let in only when the channel is known, and what they may do.
        await _namespaces.Known.WaitAsync(GridCall.Timeout, _time, cancellation);
        await _listeners.ApplyAsync(await state, cancellation);
    }

    private IServiceGrain Service() => _grains.GetGrain<IServiceGrain>(GrainKeys.Only);

    [LoggerMessage(6101, LogLevel.Warning, "The grid cannot be reached; clients stay connected; retrying: {Error}")]
    private partial void LogUnreachable(string error);

    [LoggerMessage(6102, LogLevel.Information, "The grid can be reached again")]
    private partial void LogReachable();

    [LoggerMessage(6103, LogLevel.Warning, "Could not unregister from the grid: {Error}")]
    private partial void LogNotUnregistered(string error);
}
