namespace NotifyHub.Console.Api;

/// <summary>The answer to start, stop and restart.</summary>
public sealed record ControlResult(string Message, string Status);
