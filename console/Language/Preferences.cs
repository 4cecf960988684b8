using Microsoft.JSInterop;

namespace NotifyHub.Console.Language;

/// <summary>How this browser's person wants the console: language and colours. Kept in the browser.</summary>
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
        if (Enum.TryParse<Colours>(await js.InvokeAsync<string?>("localStorage.getItem", ColoursKey), ignoreCase: true, out var colours))
            Colours = colours;
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

    // What screen readers pronounce by, and what picks the right glyphs for Chinese.
    private ValueTask MarkLanguageAsync() => js.InvokeVoidAsync("document.documentElement.setAttribute", "lang", IsEnglish ? "en" : "zh-Hant");
}

public enum Colours
{
    /// <summary>As the operating system has it.</summary>
    System,
    Light,
    Dark,
}
