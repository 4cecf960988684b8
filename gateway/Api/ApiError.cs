namespace NotifyHub.Gateway.Api;

/// <param name="Code">What programs act on; never changes.</param>
/// <param name="Status">The HTTP status it comes with.</param>
/// <param name="Message">What people read.</param>
public sealed record ApiError(string Code, int Status, Text Message);
