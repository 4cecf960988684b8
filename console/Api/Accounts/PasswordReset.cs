namespace NotifyHub.Console.Api;

public sealed record PasswordReset(string Password);
