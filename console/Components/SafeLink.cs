namespace NotifyHub.Console.Components;

/// <summary>Links in data from untrusted callers.</summary>
public static class SafeLink
{
    /// <summary>The address if it is http or https; null for others (<c>javascript:</c>, …), which must not be links.</summary>
    public static string? Of(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.AbsoluteUri : null;
}
