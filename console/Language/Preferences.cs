using Microsoft.JSInterop;

namespace NotifyHub.Console.Language;

/// <summary>The language and the colours that the user chose. Stored in the browser.</summary>
public sealed class Preferences(IJSRuntime js)
{
    private const string LanguageKey = "notifyhub.language";
    private const string ColoursKey = "notifyhub.colours";

    public event Action? Changed;

    public bool IsEnglish { get; private set; }

    public Colours Colours { get; private set; } = Colours.System;

    public Texts Texts { get; private set; } = Texts.Chinese;

    public async Task RestoreAsync()
    {
        IsEnglish = await js.InvokeAsync<string?>("localStorage.getItem", LanguageKey) == "en";
        Texts = IsEnglish ? Texts.English : Texts.Chinese;
        var stored = await js.InvokeAsync<string?>("localStorage.getItem", ColoursKey);
        if (Enum.TryParse<Colours>(stored, ignoreCase: true, out var colours)) Colours = colours;
        await MarkLanguageAsync();
    }

    public async Task SetEnglishAsync(bool english)
    {
        IsEnglish = english;
        Texts = english ? Texts.English : Texts.Chinese;
        await js.InvokeVoidAsync("localStorage.setItem", LanguageKey, english ? "en" : "zh-Hant");
        await MarkLanguageAsync();
        Changed?.Invoke();
    }

    public async Task SetColoursAsync(Colours colours)
    {
        Colours = colours;
        await js.InvokeVoidAsync("localStorage.setItem", ColoursKey, colours.ToString());
        Changed?.Invoke();
    }

    // Screen readers pronounce by it, and browsers pick the Chinese glyphs by it.
    private ValueTask MarkLanguageAsync() =>
        js.InvokeVoidAsync("document.documentElement.setAttribute", "lang", IsEnglish ? "en" : "zh-Hant");
}
