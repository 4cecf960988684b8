using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="Minute">When the minute began.</param>
/// <param name="Address">"*": from more addresses, or for more, than a minute lists one by one.</param>
/// <param name="Route">The endpoint's template; "-" when there is no such endpoint.</param>
public sealed record AnonymousView(
    DateTime Minute,
    string Address,
    string Method,
    string Route,
    int Status,
    long Requests,
    [property: JsonPropertyName("avg_ms")] double AvgMs,
    [property: JsonPropertyName("max_ms")] double MaxMs)
{
    public static AnonymousView Of(AnonymousRequests sum) => new(
        sum.Minute.UtcDateTime, sum.Address, sum.Method, sum.Route, sum.Status, sum.Requests,
        UsageSummaryView.Milliseconds(sum.Duration / sum.Requests), UsageSummaryView.Milliseconds(sum.Longest));
}
