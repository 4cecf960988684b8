using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>The grid and its storage answer, and the grid wants of the service what this gateway does. Checked once per second at
/// most, however often it is requested: it needs no login, and one grain answers for all gateways.</summary>
internal sealed partial class GridHealth(
    IGrainFactory grains, GatewayNode node, TimeProvider time, ILogger<GridHealth> logger) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private static readonly HealthFault NotInEffect =
        new(new Text("此閘道尚未套用網格所要的服務狀態", "the grid's wanted state is not in effect here yet"));

    private static readonly HealthFault Unreachable = new(new Text("無法連線到叢集", "the grid cannot be reached"));

    private readonly Lock _lock = new();
    private Task<HealthCheckResult>? _latest;
    private long _askedAt;

    // One question at a time writes it. Null: all is well.
    private string? _loggedFault;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            var isFresh = _latest is not null && (!_latest.IsCompleted || time.GetElapsedTime(_askedAt) < Freshness);
            if (!isFresh) (_askedAt, _latest) = (time.GetTimestamp(), AskAsync());
            return _latest!.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthCheckResult> AskAsync()
    {
        var result = await JudgeAsync();
        // The framework would log every failed check, so its log is off: here it is logged when the result changes.
        var fault = result.Status == HealthStatus.Healthy ? null : result.Description;
        if (fault != _loggedFault) LogChange(fault, result.Exception);
        _loggedFault = fault;
        return result;
    }

    private void LogChange(string? fault, Exception? cause)
    {
        if (fault is null) LogPasses();
        else if (cause is null) LogFails(null, fault, "");
        // An outage is explained by its message; what is unexpected needs its stack.
        else LogFails(GridCall.IsOutage(cause) ? null : cause, fault, $": {GridCall.Describe(cause)}");
    }

    private async Task<HealthCheckResult> JudgeAsync()
    {
        try
        {
            var wanted = grains.GetGrain<IServiceGrain>(GrainKeys.Only).GetAsync();
            var status = grains.GetGrain<IStatsGrain>(GrainKeys.Only).StatusAsync();
            await Task.WhenAll(wanted, status).WaitAsync(Timeout);
            if ((await status).StorageError is { } error)
                return Storage(error).Result();
            return (await wanted).Running == node.State.WebSocketListening
                ? HealthCheckResult.Healthy()
                : NotInEffect.Result();
        }
        catch (StorageBrokenException broken)
        {
            // Its words may have the path of a file: they are for the log.
            return Storage(new StorageError("see the silo's log", IsBroken: true)).Result(broken);
        }
        catch (Exception failure)
        {
            return Unreachable.Result(failure);
        }
    }

    // The cause is English in every language, as in the log, and apart from the message.
    private static HealthFault Storage(StorageError error) => new(
        new Text(error.Message, error.Message),
        "storage",
        error.IsBroken ? ErrorCatalogue.StorageBroken : ErrorCatalogue.Unavailable);

    [LoggerMessage(7601, LogLevel.Warning, "The deep health check fails: {Fault}{Error}")]
    private partial void LogFails(Exception? exception, string fault, string error);

    [LoggerMessage(7602, LogLevel.Information, "The deep health check passes again")]
    private partial void LogPasses();
}
