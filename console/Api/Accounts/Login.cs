namespace NotifyHub.Console.Api;

public sealed record Login(string Token, User User);
