namespace NotifyHub.Console.Api;

public sealed record NewApiKey(string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string>? Channels);
