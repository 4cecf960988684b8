using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Records every request to the API, behind its answer: a request only leaves its record in a queue, which goes to the grid once a second.
/// What does not fit into the queue is dropped, counted and told in the log; requests never wait for it. Requests without a login are added up
/// instead (<see cref="AnonymousTally"/>): anybody can make any number of them, and they would push out those that were recorded.
/// </summary>
internal sealed partial class UsageLog : BackgroundService
{
    /// <summary>Records that may wait: the grid may be away for a while, or slower than the requests.</summary>
    public const int Capacity = 10_000;

    private const int BatchSize = 500;
    private const int PathLength = 512;
    private const int UserAgentLength = 256;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    private static readonly ConcurrentDictionary<string, string> Templates = new(StringComparer.Ordinal);

    private readonly Channel<ApiRequest> _queue;
    private readonly AnonymousTally _anonymous;
    private readonly IGrainFactory _grains;
    private readonly GatewayNode _node;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageLog> _logger;
    private readonly bool _isOn;
    private ApiRequestBatch? _unanswered;
    private long _sequence;
    private long _dropped;
    private bool _isFailing;

    public UsageLog(
        IGrainFactory grains, GatewayNode node, IOptions<GatewayOptions> options, TimeProvider time, ILogger<UsageLog> logger)
    {
        (_grains, _node, _time, _logger, _isOn) = (grains, node, time, logger, options.Value.RecordRequests);
        _anonymous = new AnonymousTally(time);
        _queue = Channel.CreateBounded<ApiRequest>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
    }

    /// <summary>Middleware, the outermost: what is recorded is what the caller was answered.</summary>
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
        // A login that succeeded has a caller, though not yet when it arrived.
        var isKnown = context.User.Known() is not null || (request.Method == "POST" && request.Status < 400);
        if (isKnown) _queue.Writer.TryWrite(request);
        else _anonymous.Add(request);
    }

    /// <summary>The web server has stopped before: what is in the queue now is the rest.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (await SendAllAsync(cancellationToken)) return;
        LogLost(_queue.Reader.Count + (_unanswered?.Requests.Length ?? 0));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SendAllAsync(stoppingToken);
            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped) LogDropped(dropped);
        }
    }

    /// <summary>False: something is left, for later.</summary>
    private async Task<bool> SendAllAsync(CancellationToken cancellation)
    {
        while ((_unanswered ??= NextBatch()) is { } batch)
        {
            try
            {
                // A batch without an answer is sent again as it was: its number tells the grid whether it has it already.
                await _grains.GetGrain<IUsageGrain>(GrainKeys.Only).RecordAsync(batch).WaitAsync(cancellation);
                (_unanswered, _isFailing) = (null, false);
            }
            catch (Exception failure) when (failure is OperationCanceledException || FailureHandler.IsUnavailable(failure))
            {
                // Once when it begins: an outage of a minute is not sixty log lines.
                if (!_isFailing && failure is not OperationCanceledException) LogPutOff(failure.Message);
                _isFailing = true;
                return false;
            }
            catch (Exception failure)
            {
                // It would fail for ever, and everything behind it would wait.
                LogRefused(failure, batch.Requests.Length);
                _unanswered = null;
            }
        }

        return true;
    }

    private ApiRequestBatch? NextBatch()
    {
        List<ApiRequest> requests = [];
        while (requests.Count < BatchSize && _queue.Reader.TryRead(out var request)) requests.Add(request);
        var anonymous = _anonymous.Take();
        return requests.Count + anonymous.Length == 0 ? null : new ApiRequestBatch(_node.Id, ++_sequence, [.. requests], anonymous);
    }

    private static ApiRequest Request(HttpContext context, string method, DateTimeOffset at, TimeSpan duration)
    {
        // Who handles an exception takes the endpoint away.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        return new ApiRequest(
            at,
            context.User.Known() ?? "-",
            // Whatever a caller invents would be a line of its own in the sums.
            Methods.Contains(method) ? method : "OTHER",
            Cut(context.Request.Path.Value ?? "", PathLength),
            // Answered by an endpoint that only tells what is wrong with the request: there is none of this name.
            endpoint is RouteEndpoint { RoutePattern.RawText: { } route } ? Templates.GetOrAdd(route, Template) : "-",
            context.Response.StatusCode,
            duration,
            context.CallerAddress(),
            Cut(context.Request.Headers.UserAgent.ToString(), UserAgentLength));
    }

    // As the API's description has it: without what a parameter must look like.
    private static string Template(string route) => "/" + Constraint().Replace(route.Trim('/'), "");

    /// <summary>Without what a database would refuse: U+0000, or half a surrogate pair where the text was cut.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length > most) text = text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
        return text.Replace('\0', '\uFFFD');
    }

    [GeneratedRegex(@":[^{}]+(?=\})")]
    private static partial Regex Constraint();

    [LoggerMessage(LogLevel.Warning, "{Count} API requests were not recorded: more than {Capacity} would have waited for the grid")]
    private partial void LogDropped(long count, int capacity = Capacity);

    [LoggerMessage(LogLevel.Warning, "The record of API requests waits: {Reason}")]
    private partial void LogPutOff(string reason);

    [LoggerMessage(LogLevel.Error, "{Count} API requests could not be recorded")]
    private partial void LogRefused(Exception failure, int count);

    [LoggerMessage(LogLevel.Warning, "The records of {Count} API requests are lost with this process")]
    private partial void LogLost(int count);
}
