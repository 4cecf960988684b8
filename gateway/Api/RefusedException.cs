namespace NotifyHub.Gateway.Api;

/// <summary>The request is refused for now; nothing of it happened, and the caller may come back.</summary>
public sealed class RefusedException(ApiError error, TimeSpan retryAfter) : Exception(error.Code)
{
    public ApiError Error { get; } = error;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
