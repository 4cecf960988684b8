namespace NotifyHub.Console.Api;

public sealed record NewStatus(string Status);
