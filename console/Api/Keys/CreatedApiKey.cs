namespace NotifyHub.Console.Api;

/// <param name="Key">The key itself. No other answer contains it.</param>
public sealed record CreatedApiKey(long Id, string Name, string Prefix, string Key);
