namespace NotifyHub.Console.Api;

public sealed record ApiKeyList(IReadOnlyList<ApiKey> Keys);
