namespace NotifyHub.Console.Api;

public sealed record ErrorBody(string? Code, string? Message, Dictionary<string, string>? Details);
