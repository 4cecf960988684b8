namespace NotifyHub.Gateway.Api;

/// <param name="Status">ok, warning or error.</param>
public sealed record Check(string Name, string Status, string Message);
