namespace NotifyHub.Console.Api;

/// <param name="Status">ok, warning or error.</param>
/// <param name="Detail">The cause in English; null when there is nothing to add.</param>
public sealed record Check(string Name, string Status, string Message, string? Detail = null);
