namespace NotifyHub.Gateway.Api;

public sealed record LoginRequest(string Email, string Password);
