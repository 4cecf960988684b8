namespace NotifyHub.Console.Api;

/// <summary>Null means no filter.</summary>
public sealed record NotificationFilter(string? Status = null, string? Severity = null, string? Search = null);
