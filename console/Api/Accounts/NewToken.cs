namespace NotifyHub.Console.Api;

public sealed record NewToken(string Token);
