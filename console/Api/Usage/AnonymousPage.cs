namespace NotifyHub.Console.Api;

public sealed record AnonymousPage(IReadOnlyList<AnonymousSum> Sums, long Total);
