namespace NotifyHub.Console.Api;

public sealed record PasswordChange(string CurrentPassword, string NewPassword);
