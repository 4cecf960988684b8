using System.Net;

namespace NotifyHub.Console.Api;

/// <summary>A request that the API refused, that failed, or that got no answer.</summary>
/// <param name="status">0: no answer.</param>
/// <param name="code">A code of the API's error catalogue, or one of the constants here.</param>
/// <param name="explanation">The server's own words in the caller's language; null when it sent none.</param>
/// <param name="details">What is wrong, per field.</param>
/// <param name="retryAfter">When to try again, if the answer says so.</param>
/// <param name="cause">Why no answer came, or could not be read.</param>
public sealed class ApiException(
    HttpStatusCode status, string code, string? explanation = null, IReadOnlyDictionary<string, string>? details = null,
    TimeSpan? retryAfter = null, Exception? cause = null)
    : Exception(explanation ?? $"{code} ({(int)status})", cause)
{
    /// <summary>No answer came.</summary>
    public const string Unreachable = "UNREACHABLE";

    /// <summary>The answer is not what the API sends.</summary>
    public const string Unreadable = "UNREADABLE";

    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;

    public string? Explanation { get; } = explanation;

    public IReadOnlyDictionary<string, string> Details { get; } = details ?? new Dictionary<string, string>();

    public TimeSpan? RetryAfter { get; } = retryAfter;
}
