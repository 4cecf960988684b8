using Microsoft.Net.Http.Headers;

namespace NotifyHub.Gateway.Api;

/// <summary>Words for people: Traditional Chinese as in the guide, and English for those who ask for it.</summary>
public readonly record struct Text(string Chinese, string English)
{
    public string For(HttpRequest request) => IsEnglish(request) ? English : Chinese;

    /// <summary>True when <c>Accept-Language</c> prefers English to Chinese; without a word of either it is Chinese.</summary>
    public static bool IsEnglish(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var accepted)) return false;
        var preferred = accepted
            .Where(language => language.Quality is not 0 && (Is(language, "en") || Is(language, "zh")))
            .OrderByDescending(language => language.Quality ?? 1)
            .FirstOrDefault();
        return preferred is not null && Is(preferred, "en");

        static bool Is(StringWithQualityHeaderValue language, string primary) =>
            language.Value.Equals(primary, StringComparison.OrdinalIgnoreCase)
            || language.Value.StartsWith(primary + "-", StringComparison.OrdinalIgnoreCase);
    }
}
