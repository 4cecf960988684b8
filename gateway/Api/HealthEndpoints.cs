using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: send clients here. <c>/health/ready?deep=1</c>: the grid and
/// its storage work, too. The last is for people and monitoring: what all gateways share must not take all of them out of service
/// together.
/// </summary>
internal static class HealthEndpoints
{
    public const string Path = "/health";

    /// <summary>Checks with this tag decide about readiness.</summary>
    public const string Ready = "ready";

    /// <summary>Checks with this tag look behind the gateway as well.</summary>
    public const string Deep = "deep";

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Checks nothing: a restart repairs no database, and would also drop the clients.
        app.MapGet("/health/live", (HttpContext context, HealthCheckService checks) => AnswerAsync(context, checks, _ => false))
            .AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/health/ready", (HttpContext context, HealthCheckService checks) =>
                AnswerAsync(context, checks, IsAsked(context.Request)))
            .AllowAnonymous().ExcludeFromDescription();
    }

    private static Func<HealthCheckRegistration, bool> IsAsked(HttpRequest request) =>
        request.Query["deep"].ToString() is "1" or "true"
        ? check => check.Tags.Contains(Ready) || check.Tags.Contains(Deep)
        : check => check.Tags.Contains(Ready);

    private static async Task<IResult> AnswerAsync(
        HttpContext context, HealthCheckService checks, Func<HealthCheckRegistration, bool> which)
    {
        context.Response.Headers.CacheControl = "no-store, no-cache";
        var report = await checks.CheckHealthAsync(which, context.RequestAborted);
        return report.Status == HealthStatus.Unhealthy
            ? new Failure(Error(report), Faulty(report))
            : Reply.Ok(new HealthView("ok"));
    }

    // The error that the API answers, but always 503: that is what those who ask about readiness understand.
    private static ApiError Error(HealthReport report)
    {
        var lasts = report.Entries.Values.Any(entry => HealthFault.Of(entry)?.Error == ErrorCatalogue.StorageBroken);
        return lasts
            ? ErrorCatalogue.StorageBroken with { Status = ErrorCatalogue.Unavailable.Status }
            : ErrorCatalogue.Unavailable;
    }

    private static Faults Faulty(HealthReport report)
    {
        var faults = new Faults();
        foreach (var (name, entry) in report.Entries)
        {
            if (entry.Status != HealthStatus.Unhealthy) continue;
            // Without one the check itself has failed: an exception's words are for the log.
            var fault = HealthFault.Of(entry);
            faults.Add(fault?.Field ?? name, fault?.What ?? new("失敗", "failed"));
        }

        return faults;
    }
}
