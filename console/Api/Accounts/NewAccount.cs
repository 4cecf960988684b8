namespace NotifyHub.Console.Api;

public sealed record NewAccount(string Email, string Name, string Role, string Password);
