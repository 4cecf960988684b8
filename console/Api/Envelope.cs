namespace NotifyHub.Console.Api;

/// <summary>The wrapper of every successful answer.</summary>
public sealed record Envelope<T>(T? Data);
