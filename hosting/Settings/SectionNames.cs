using Microsoft.Extensions.Configuration;

namespace NotifyHub.Hosting.Settings;

/// <summary>Finds settings that stand beside the section <c>NotifyHub</c> although they were meant to be in it.</summary>
internal static class SectionNames
{
    private const string Section = CommonOptions.Section;

    // What a variable or file begins with whose writer took one underscore for two.
    private const string OneUnderscore = $"{Section}_";

    public static IEnumerable<string> Faults(IConfiguration configuration)
    {
        foreach (var child in configuration.GetChildren())
        {
            if (child.Key.Equals(Section, StringComparison.OrdinalIgnoreCase)) continue;
            if (child.GetChildren().Any())
            {
                if (NearestName.Of(child.Key, [Section]) is not null)
                    yield return $"{child.Key}: there is no such section; did you mean {Section}?";
            }
            else if (child.Key.StartsWith(OneUnderscore, StringComparison.OrdinalIgnoreCase)
                && Named(child.Key[OneUnderscore.Length..]) is { } name)
            {
                yield return $"{child.Key}: has one underscore; the setting is {Section}__{name}.";
            }
            else if (Named(child.Key) is { } bare && SettingsList.IsFromSecretFile(configuration, child.Key))
            {
                yield return $"{Section}:{nameof(CommonOptions.SecretsFolder)}: the file '{child.Key}' is no setting; "
                    + $"name it {Section}__{bare}.";
            }
        }
    }

    private static string? Named(string name) => SettingsPage.All[name].FirstOrDefault()?.Name;
}
