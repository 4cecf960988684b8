using Microsoft.AspNetCore.Diagnostics;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>Turns exceptions into answers that say what the caller can do and reveal no internals.</summary>
internal sealed partial class FailureHandler(ILogger<FailureHandler> logger) : IExceptionHandler
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone. The status is only for the access log.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        await Answer(exception, httpContext.Request).ExecuteAsync(httpContext);
        return true;
    }

    private Failure Answer(Exception exception, HttpRequest request)
    {
        if (exception is BadHttpRequestException bad) return new Failure(ErrorCatalogue.OfStatus(bad.StatusCode));
        // A chunk size that overflows: the one fault of a body for which the web server has no status.
        if (exception is IOException { InnerException: OverflowException }) return new Failure(ErrorCatalogue.ValidationError);

        if (exception is RefusedException refused) return new Failure(refused.Error, retryAfter: refused.RetryAfter);

        if (exception is IdempotencyConflictException) return Conflict();
        // As one publish it is more than a second's worth: it never fits.
        if (exception is ChannelRateException rate)
            return new Failure(ErrorCatalogue.RateLimited, retryAfter: rate.RetryAfter, again: rate.RetryAfter is not null);

        if (exception is NotStorableException)
        {
            LogNotStorable(request.Method, request.Path, exception.Message);
            return new Failure(ErrorCatalogue.ValidationError, NotStorable());
        }

        if (exception is ListRefusedException)
        {
            LogUnavailable(request.Method, request.Path, exception.GetType().Name, exception.Message);
            var details = new Faults();
            details.Add("list", new(
                "查詢過多，或此查詢耗時過久；請縮小時間範圍或篩選條件，稍後再試",
                "too many lists run, or this one took too long: narrow it by time or by a filter, and try again"));
            return new Failure(ErrorCatalogue.Unavailable, details, ComeBack);
        }

        if (exception is StorageBrokenException)
        {
            LogBroken(request.Method, request.Path, exception.Message);
            return new Failure(ErrorCatalogue.StorageBroken);
        }

        if (GridCall.IsUnavailable(exception))
        {
            LogUnavailable(request.Method, request.Path, exception.GetType().Name, exception.Message);
            return new Failure(ErrorCatalogue.Unavailable, retryAfter: ComeBack);
        }

        LogFailed(exception, request.Method, request.Path);
        return new Failure(ErrorCatalogue.InternalError);
    }

    private static Failure Conflict()
    {
        var faults = new Faults();
        faults.Add(RequestBody.IdempotencyHeader, new("先前已用於內容不同的請求", "was used before, for a request with another body"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }

    private static Faults NotStorable()
    {
        var faults = new Faults();
        faults.Add(Faults.Body, new("無法儲存此內容", "cannot be stored"));
        return faults;
    }

    [LoggerMessage(7101, LogLevel.Error, "{Method} {Path} was answered 500: {Error}")]
    private partial void LogBroken(string method, PathString path, string error);

    [LoggerMessage(7102, LogLevel.Warning, "{Method} {Path} was answered 400: {Error}")]
    private partial void LogNotStorable(string method, PathString path, string error);

    [LoggerMessage(7103, LogLevel.Warning, "{Method} {Path} was answered 503: {Kind}: {Error}")]
    private partial void LogUnavailable(string method, PathString path, string kind, string error);

    [LoggerMessage(7104, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, PathString path);
}
