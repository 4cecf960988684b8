namespace NotifyHub.Console.Api;

public sealed record ConnectionPage(IReadOnlyList<Connection> Connections, long Total);
