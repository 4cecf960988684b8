namespace NotifyHub.Console.Api;

/// <summary>Null means no filter.</summary>
/// <param name="Status">A status code, or 2xx to 5xx.</param>
public sealed record ApiRequestFilter(
    string? Method = null, string? Status = null, string? Who = null, string? Search = null, DateTimeOffset? From = null);
