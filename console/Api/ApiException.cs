using System.Net;

namespace NotifyHub.Console.Api;

/// <summary>A request that was refused, failed, or never arrived.</summary>
/// <param name="status">0: nobody answered.</param>
/// <param name="code">As in the API's error catalogue; <see cref="Unreachable"/> when nobody answered.</param>
/// <param name="message">For people, in their language.</param>
/// <param name="details">What is wrong, a field.</param>
/// <param name="retryAfter">When to come back, if the answer told.</param>
public sealed class ApiException(
    HttpStatusCode status, string code, string message, IReadOnlyDictionary<string, string>? details = null, TimeSpan? retryAfter = null)
    : Exception(message)
{
    public const string Unreachable = "UNREACHABLE";

    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;

    public IReadOnlyDictionary<string, string> Details { get; } = details ?? new Dictionary<string, string>();

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
