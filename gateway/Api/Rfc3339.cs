using System.Globalization;
using System.Text.RegularExpressions;

namespace NotifyHub.Gateway.Api;

/// <summary>Points in time as callers send them.</summary>
internal static partial class Rfc3339
{
    public static readonly Text Fault = new(
        "必須是含時區的 RFC 3339 時間，例如 2026-11-23T09:41:00Z", "must be an RFC 3339 time with its offset, such as 2026-11-23T09:41:00Z");

    /// <summary>Always with an offset: a time without one means another moment on another machine.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        if (!Form().IsMatch(text) || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var parsed)) return false;
        time = parsed.ToUniversalTime();
        return true;
    }

    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
