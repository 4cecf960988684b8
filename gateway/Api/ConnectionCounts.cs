namespace NotifyHub.Gateway.Api;

/// <param name="Errors">Connections that ended abnormally or had errors, ever.</param>
internal sealed record ConnectionCounts(long Active, long Total, long Errors);
