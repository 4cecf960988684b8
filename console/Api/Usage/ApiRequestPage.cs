namespace NotifyHub.Console.Api;

public sealed record ApiRequestPage(IReadOnlyList<ApiRequest> Requests, long Total, bool Truncated = false);
