using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="At">When it arrived.</param>
/// <param name="Who">An e-mail address, the name of an API key, or "-".</param>
/// <param name="Path">Without the query, which may hold secrets.</param>
/// <param name="Route">The endpoint's template; "-" when there is no such endpoint.</param>
public sealed record RequestView(
    long Id,
    DateTime At,
    string Who,
    string Method,
    string Path,
    string Route,
    int Status,
    [property: JsonPropertyName("duration_ms")] double DurationMs,
    string Address,
    [property: JsonPropertyName("user_agent")] string UserAgent)
{
    public static RequestView Of(StoredRequest stored)
    {
        var request = stored.Request;
        return new(
            stored.Id, request.At.UtcDateTime, request.Who, request.Method, request.Path, request.Route, request.Status,
            UsageSummaryView.Milliseconds(request.Duration), request.Address, request.UserAgent);
    }
}
