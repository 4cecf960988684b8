namespace NotifyHub.Console.Api;

public sealed record LoginRequest(string Email, string Password);
