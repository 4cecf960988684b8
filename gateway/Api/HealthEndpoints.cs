using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: send clients here.</summary>
internal static class HealthEndpoints
{
    /// <summary>Checks with this tag decide about readiness.</summary>
    public const string Ready = "ready";

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Nothing is checked: a restart mends no database, and would only drop the clients as well.
        app.MapHealthChecks("/health/live", Options(_ => false)).AllowAnonymous();
        app.MapHealthChecks("/health/ready", Options(check => check.Tags.Contains(Ready))).AllowAnonymous();
    }

    private static HealthCheckOptions Options(Func<HealthCheckRegistration, bool> which) => new()
    {
        Predicate = which,
        ResponseWriter = (context, report) => report.Status == HealthStatus.Unhealthy
            ? new Failure(ErrorCatalogue.Unavailable, Faulty(report)).ExecuteAsync(context)
            : Reply.Ok(new HealthView("ok")).ExecuteAsync(context),
    };

    private static Faults Faulty(HealthReport report)
    {
        var faults = new Faults();
        foreach (var (name, entry) in report.Entries)
        {
            // The description alone: an exception's words are for the log.
            if (entry.Status == HealthStatus.Unhealthy)
                faults.Add(name, new(entry.Description ?? "失敗", entry.Description ?? "failed"));
        }

        return faults;
    }
}

internal sealed record HealthView(string Status);

/// <summary>Ready: the grid and its storage answer, the wanted state is known and followed, and nobody is shutting us down.</summary>
internal sealed class GridReadiness(IGrainFactory grains, GatewayNode node, IHostApplicationLifetime lifetime) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("shutting down");

        try
        {
            var wanted = await grains.GetGrain<IServiceGrain>(GrainKeys.Only).GetAsync().WaitAsync(Patience, cancellationToken);
            var grid = await grains.GetGrain<IStatsGrain>(GrainKeys.Only).StatusAsync().WaitAsync(Patience, cancellationToken);
            if (grid.StorageError is { } why) return HealthCheckResult.Unhealthy($"storage: {why}");

            // A service that the operators have stopped is ready: the API must stay reachable, to start it again.
            return wanted.Running == node.WebSocketListening
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy(wanted.Running ? "not accepting WebSockets yet" : "still accepting WebSockets");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("the grid cannot be reached", failure);
        }
    }
}
