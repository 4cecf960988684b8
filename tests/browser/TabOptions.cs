namespace NotifyHub.BrowserTests;

/// <param name="Language">The console's language; null: its default.</param>
/// <param name="IgnorePolicy">Ignores the content security policy.</param>
public sealed record TabOptions(
    int Width = 1280, int Height = 860, bool Dark = false, string? Language = null, bool IgnorePolicy = false);
