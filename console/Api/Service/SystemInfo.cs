namespace NotifyHub.Console.Api;

/// <summary>The version and the kind of this deployment.</summary>
public sealed record SystemInfo(string Version, string Mode, string TimeZone, bool DefaultPassword);
