using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Bounds the API requests per second of one caller at a gateway: a user or an API key, wherever it calls from, or the address of
/// a caller that is not known. A burst of one second's worth passes. Requests beyond it are answered 429 with the time to wait.
/// Health is not part of the API, so probes are never refused.
/// </summary>
internal static class RequestLimits
{
    // Policy for requests that may read a lot: few at a time per caller, so that no caller starves the others.
    private const string Lists = "lists";

    private const int MaxConcurrentLists = 4;
    private const int MaxQueuedLists = 8;

    public static void AddRequestLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(_ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<GatewayOptions>>((limits, options) =>
        {
            limits.RejectionStatusCode = ErrorCatalogue.RateLimited.Status;
            limits.OnRejected = async (rejected, _) => await new Failure(
                ErrorCatalogue.RateLimited,
                retryAfter: rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1))
                .ExecuteAsync(rejected.HttpContext);
            limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(
                context => Partition(context, options.Value.RequestsPerSecond), StringComparer.Ordinal);
            limits.AddPolicy(Lists, context => RateLimitPartition.GetConcurrencyLimiter(
                context.Partition(),
                _ => new ConcurrencyLimiterOptions { PermitLimit = MaxConcurrentLists, QueueLimit = MaxQueuedLists }));
        });
    }

    /// <summary>The endpoint may read much: each caller has only a few of its kind at a time.</summary>
    public static RouteHandlerBuilder LimitedAsList(this RouteHandlerBuilder endpoint) =>
        endpoint.RequireRateLimiting(Lists).RefusesUnknownQuery();

    private static RateLimitPartition<string> Partition(HttpContext context, int perSecond) =>
        perSecond == 0 || !context.Request.Path.StartsWithSegments("/api")
            ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(context.Partition(), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            });
}
