using Microsoft.Extensions.Localization;
using MudBlazor;

namespace NotifyHub.Console.Language;

/// <summary>What the component library says by itself, mostly to screen readers; what is not here it says in English.</summary>
internal sealed class LibraryTexts(Preferences preferences) : MudLocalizer
{
    public override LocalizedString this[string key] => Say(key) is { } text ? new(key, text) : new(key, key, resourceNotFound: true);

    private string? Say(string key) => key switch
    {
        "MudInput_Clear" => preferences.Texts.Clear,
        "MudDialog_Close" or "MudSnackbar_Close" => preferences.Texts.Close,
        _ => null,
    };
}
