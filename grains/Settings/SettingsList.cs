using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Settings;

/// <summary>Tells the settings of an options class: what is in effect, who said so, and what it means.</summary>
public static class SettingsList
{
    /// <summary>Stands for a secret that is set; one that is not set is empty.</summary>
    public const string Mask = "••••••";

    public const string EnglishPage = "configuration.md";

    public const string ChinesePage = "configuration.zh-TW.md";

    private static readonly string[] SecretEndings = ["Key", "Password", "Secret", "Token"];

    /// <param name="defaults">A fresh instance of the same class.</param>
    /// <param name="section">The heading of the class's table in docs/configuration.md, where the meanings are from.</param>
    public static Setting[] Of<T>(T options, T defaults, IConfiguration configuration, string section) where T : notnull
    {
        var meanings = Meanings(EnglishPage, section);
        return
        [
            .. from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
               select new Setting(
                   property.Name,
                   Shown(property, options),
                   Shown(property, defaults),
                   Source(configuration, $"{SiloOptions.Section}:{property.Name}"),
                   meanings.GetValueOrDefault(property.Name, "")),
        ];
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        string[] list => string.Join(", ", list),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Shown(PropertyInfo property, object options)
    {
        var value = Text(property.GetValue(options));
        if (value.Length == 0) return value;
        // Whether a token is required is none.
        if (property.PropertyType == typeof(string) && IsSecret(property.Name)) return Mask;
        return property.Name == nameof(SiloOptions.Storage) ? WithoutSecrets(value) : value;
    }

    private static bool IsSecret(string name) => SecretEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static string WithoutSecrets(string connectionString)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
            string[] secrets = [.. parts.Keys.Cast<string>().Where(key => IsSecret(key) || key.Equals("Pwd", StringComparison.OrdinalIgnoreCase))];
            foreach (var key in secrets) parts[key] = Mask;
            return parts.ConnectionString;
        }
        catch (ArgumentException)
        {
            // Not understood, so nobody can say where in it a password stands.
            return Mask;
        }
    }

    /// <summary>The one that the value comes from: the last that has it wins.</summary>
    private static string Source(IConfiguration configuration, string key) =>
        Providers(configuration).LastOrDefault(provider => provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any()) is not { } provider
            ? SettingSource.Default
            : provider.GetType().Name switch
            {
                "EnvironmentVariablesConfigurationProvider" => SettingSource.Environment,
                "CommandLineConfigurationProvider" => SettingSource.Argument,
                _ => SettingSource.File,
            };

    private static IEnumerable<IConfigurationProvider> Providers(IConfiguration configuration) =>
        configuration is not IConfigurationRoot root ? [] : root.Providers.SelectMany(provider =>
            provider is ChainedConfigurationProvider chained ? Providers(chained.Configuration) : [provider]);

    /// <summary>What each setting means, by its name. From the page that operators read, which a test holds to the options: a meaning is written
    /// down once a language.</summary>
    /// <param name="page"><see cref="EnglishPage"/> or <see cref="ChinesePage"/>.</param>
    /// <param name="section">The heading of its table.</param>
    public static Dictionary<string, string> Meanings(string page, string section)
    {
        using var text = new StreamReader(typeof(SettingsList).Assembly.GetManifestResourceStream(page)!);
        return text.ReadToEnd().Split('\n')
            .SkipWhile(line => line != $"## {section}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(
                cells => cells[0][1..cells[0].IndexOf('`', 1)],
                cells => cells[^1].Replace("`", "", StringComparison.Ordinal),
                StringComparer.Ordinal);
    }
}
