namespace NotifyHub.Console.Api;

public sealed record ConnectionMetadata(string Gateway, string Protocol, string? User = null);
