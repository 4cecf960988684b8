namespace NotifyHub.Console.Api;

public sealed record AccountPage(IReadOnlyList<Account> Users, long Total);
