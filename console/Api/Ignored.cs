namespace NotifyHub.Console.Api;

/// <summary>Data of an answer that the console does not read.</summary>
public sealed record Ignored;
