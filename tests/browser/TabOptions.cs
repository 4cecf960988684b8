namespace NotifyHub.BrowserTests;

/// <param name="Language">Of the console; null: as it is by itself.</param>
/// <param name="IgnorePolicy">The content security policy is not applied.</param>
public sealed record TabOptions(int Width = 1280, int Height = 860, bool Dark = false, string? Language = null, bool IgnorePolicy = false);
