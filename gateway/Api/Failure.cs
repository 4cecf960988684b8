using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace NotifyHub.Gateway.Api;

/// <summary>The one way a failed request is answered, wherever it fails: status, envelope, the caller's language.</summary>
/// <param name="retryAfter">When to come back; rounded up to whole seconds.</param>
/// <param name="again">Whether the same request may succeed later; null: as the error says.</param>
public sealed class Failure(ApiError error, Faults? details = null, TimeSpan? retryAfter = null, bool? again = null)
    : IResult, IStatusCodeHttpResult
{
    // Where nothing says when, a second: about what a failover or a full queue takes.
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(1);

    public int? StatusCode => error.Status;

    public static Failure Invalid(Faults faults) => new(ErrorCatalogue.ValidationError, faults);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var (request, response) = (httpContext.Request, httpContext.Response);
        response.StatusCode = error.Status;
        if (retryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        // What an answer in another language looks like is not what a cache may give to the next caller.
        response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptLanguage);

        var mayTryAgain = again ?? error.MayTryAgain;
        var afterMs = mayTryAgain ? (long?)Math.Ceiling((retryAfter ?? DefaultWait).TotalMilliseconds) : null;
        var body = new ErrorBody(error.Code, error.Message.For(request), mayTryAgain, afterMs, details?.For(request));
        return JsonBody(new ErrorEnvelope(body)).ExecuteAsync(httpContext);
    }

    private JsonHttpResult<ErrorEnvelope> JsonBody(ErrorEnvelope envelope) =>
        TypedResults.Json(envelope, statusCode: error.Status);
}
