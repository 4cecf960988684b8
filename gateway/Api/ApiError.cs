namespace NotifyHub.Gateway.Api;

/// <param name="Code">What programs act on; never changes.</param>
/// <param name="Status">The HTTP status it comes with.</param>
/// <param name="Message">What people read.</param>
public sealed record ApiError(string Code, int Status, Text Message)
{
    /// <summary>Whether the same request may succeed later: its body was late, there were too many, or the grid could
    /// not.</summary>
    public bool MayTryAgain => Status is 408 or 429 or 503;
}
