using Microsoft.Extensions.Localization;
using MudBlazor;

namespace NotifyHub.Console.Language;

/// <summary>Translates texts of the component library, mostly for screen readers. The others stay English.</summary>
internal sealed class LibraryTexts(Preferences preferences) : MudLocalizer
{
    public override LocalizedString this[string key] =>
        Find(key) is { } text ? new(key, text) : new(key, key, resourceNotFound: true);

    private string? Find(string key) => key switch
    {
        "MudInput_Clear" => preferences.Texts.Clear,
        "MudDialog_Close" or "MudSnackbar_Close" => preferences.Texts.Close,
        _ => null,
    };
}
