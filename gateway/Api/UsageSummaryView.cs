using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

public sealed record UsageSummaryView(
    [property: JsonPropertyName("per_day")] IReadOnlyList<UsageDayView> PerDay,
    [property: JsonPropertyName("per_endpoint")] IReadOnlyList<UsageEndpointView> PerEndpoint)
{
    public static UsageSummaryView Of(UsageSummary summary) => new(
        [.. summary.Days.Select(day => new UsageDayView(day.Date, day.Requests, day.Errors, Milliseconds(day.Average)))],
        [.. summary.Endpoints.Select(endpoint => new UsageEndpointView(
            endpoint.Method, endpoint.Route, endpoint.Requests, endpoint.Errors, Milliseconds(endpoint.Average),
            Milliseconds(endpoint.Longest)))]);

    public static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 3);
}
