using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Hosting.Settings;

/// <summary>Lists the settings of an options class: the value in effect, its source and its meaning.</summary>
public static class SettingsList
{
    /// <summary>Stands for a secret that is set; one that is not set is empty.</summary>
    public const string Mask = "••••••";

    private static readonly string[] SecretWords = ["Key", "Password", "Passphrase", "Secret", "Token", "Credential"];

    // Where something is, and not what it is.
    private static readonly string[] PlaceEndings = ["File", "Folder", "Path", "Address", "Port"];

    /// <param name="defaults">A fresh instance of the same class.</param>
    /// <param name="section">The heading of the class's table in docs/configuration.md, where the meanings are from.</param>
    /// <param name="redacted">Settings that hold a secret among other things, by name: shows the rest.</param>
    public static Setting[] Of<T>(
        T options, T defaults, IConfiguration configuration, string section,
        IReadOnlyDictionary<string, Func<string, string>>? redacted = null)
        where T : notnull
    {
        var meanings = Meanings(SettingsPage.English, section);
        return
        [
            .. from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
               select new Setting(
                   property.Name,
                   Shown(property, options, redacted),
                   Shown(property, defaults, redacted),
                   Source(configuration, $"{CommonOptions.Section}:{property.Name}"),
                   meanings.GetValueOrDefault(property.Name, "")),
        ];
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string[] list => string.Join(", ", list),
        TimeSpan time => Duration.Format(time),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Shown(
        PropertyInfo property, object options, IReadOnlyDictionary<string, Func<string, string>>? redacted)
    {
        var value = Text(property.GetValue(options));
        if (value.Length == 0) return value;
        if (redacted?.GetValueOrDefault(property.Name) is { } redact) return redact(value);
        // Numbers, times and choices are none: how long a token lasts, or whether one is required.
        var isText = property.PropertyType == typeof(string) || property.PropertyType == typeof(string[]);
        return isText && IsSecret(property.Name) ? Mask : value;
    }

    private static bool IsSecret(string name) =>
        SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase))
        && !PlaceEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>The kind of source that the value comes from: the last that has it wins.</summary>
    private static string Source(IConfiguration configuration, string key) => Provider(configuration, key) switch
    {
        null => SettingSource.Default,
        EnvironmentVariablesConfigurationProvider => SettingSource.Environment,
        CommandLineConfigurationProvider => SettingSource.Argument,
        _ => SettingSource.File,
    };

    /// <summary>Where the key is from, as an operator would look for it; null: nowhere.</summary>
    internal static string? SourceOf(IConfiguration configuration, string key) => Provider(configuration, key) switch
    {
        FileConfigurationProvider file => file.Source.Path,
        EnvironmentVariablesConfigurationProvider => $"environment variable {key.Replace(":", "__", StringComparison.Ordinal)}",
        CommandLineConfigurationProvider => "argument",
        KeyPerFileConfigurationProvider => $"a file in {nameof(CommonOptions.SecretsFolder)}",
        _ => null,
    };

    internal static bool IsFromSecretFile(IConfiguration configuration, string key) =>
        Provider(configuration, key) is KeyPerFileConfigurationProvider;

    private static IConfigurationProvider? Provider(IConfiguration configuration, string key) =>
        Providers(configuration).LastOrDefault(provider => provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any());

    private static IEnumerable<IConfigurationProvider> Providers(IConfiguration configuration) =>
        configuration is not IConfigurationRoot root ? [] : root.Providers.SelectMany(provider =>
            provider is ChainedConfigurationProvider chained ? Providers(chained.Configuration) : [provider]);

    /// <summary>What each setting means, by its name.</summary>
    /// <param name="page"><see cref="SettingsPage.English"/> or <see cref="SettingsPage.Chinese"/>.</param>
    /// <param name="section">The heading of its table.</param>
    public static Dictionary<string, string> Meanings(string page, string section) =>
        SettingsPage.Rows(page, section).ToDictionary(row => row.Name, row => row.Meaning, StringComparer.Ordinal);
}
