using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Records every request to the API after it was answered: a request only puts its record into a queue, which <see
/// cref="UsageReporter"/> empties. Requests never wait for it: records beyond the bound are dropped and counted. Requests without
/// a login are added up instead (<see cref="AnonymousTally"/>): callers can make any number, and they would displace the
/// records of known callers.
/// </summary>
internal sealed partial class UsageLog
{
    /// <summary>Records that may wait while the grid is away, or slower than the requests.</summary>
    public const int MaxQueued = 10_000;

    private const int MaxPathLength = 512;
    private const int MaxUserAgentLength = 256;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    private static readonly ConcurrentDictionary<string, string> Templates = new(StringComparer.Ordinal);

    private readonly Channel<ApiRequest> _queue;
    private readonly AnonymousTally _anonymous;
    private readonly TimeProvider _time;
    private readonly bool _isOn;
    private long _dropped;

    public UsageLog(IOptions<GatewayOptions> options, TimeProvider time)
    {
        (_time, _isOn) = (time, options.Value.RecordRequests);
        _anonymous = new AnonymousTally(time);
        _queue = Channel.CreateBounded<ApiRequest>(
            new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Records that wait.</summary>
    public int Count => _queue.Reader.Count;

    /// <summary>Takes the oldest records, up to a number, and all sums.</summary>
    public (ApiRequest[] Requests, AnonymousRequests[] Anonymous) Take(int max)
    {
        List<ApiRequest> requests = [];
        while (requests.Count < max && _queue.Reader.TryRead(out var request)) requests.Add(request);
        return ([.. requests], _anonymous.Take());
    }

    /// <summary>The number of records dropped since the last call.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);

    /// <summary>The outermost middleware, so that the answer is recorded as the caller gets it.</summary>
    public async Task RecordAsync(HttpContext context, RequestDelegate next)
    {
        if (!_isOn || !context.Request.Path.StartsWithSegments("/api"))
        {
            await next(context);
            return;
        }

        var (at, begun, method) = (_time.GetUtcNow(), _time.GetTimestamp(), context.Request.Method);
        try
        {
            await next(context);
        }
        finally
        {
            Record(context, Request(context, method, at, _time.GetElapsedTime(begun)));
        }
    }

    private void Record(HttpContext context, ApiRequest request)
    {
        // A login that succeeded is a known caller's, though the request came without one.
        var isKnown = context.User.Known() is not null || (request.Method == "POST" && request.Status < 400);
        if (isKnown) _queue.Writer.TryWrite(request);
        else _anonymous.Add(request);
    }

    private static ApiRequest Request(HttpContext context, string method, DateTimeOffset at, TimeSpan duration)
    {
        // The exception handler clears the endpoint.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        return new ApiRequest(
            at,
            context.User.Known() ?? "-",
            // Each invented method would be a row of its own in the sums.
            Methods.Contains(method) ? method : "OTHER",
            Cut(context.Request.Path.Value ?? "", MaxPathLength),
            // Without a route pattern it is the endpoint for unknown paths.
            endpoint is RouteEndpoint { RoutePattern.RawText: { } route } ? Templates.GetOrAdd(route, Template) : "-",
            context.Response.StatusCode,
            duration,
            context.CallerAddress(),
            Cut(context.Request.Headers.UserAgent.ToString(), MaxUserAgentLength));
    }

    // As in the API's description: without the constraints of the parameters.
    private static string Template(string route) => "/" + Constraint().Replace(route.Trim('/'), "");

    /// <summary>Cuts a text to a length, without what a database refuses: U+0000, or half a surrogate pair at the cut.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length > max) text = text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
        return text.Replace('\0', '\uFFFD');
    }

    [GeneratedRegex(@":[^{}]+(?=\})")]
    private static partial Regex Constraint();
}
