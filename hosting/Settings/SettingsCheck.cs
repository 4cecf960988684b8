using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace NotifyHub.Hosting.Settings;

/// <summary>
/// Finds what the binder would pass over in silence, and a security setting with it: names that no setting has, sections where a
/// value belongs
/// and the reverse, values that are not of their kind. All faults at once, each with its setting; no value of a text setting is
/// ever shown.
/// </summary>
public static class SettingsCheck
{
    private const string Section = CommonOptions.Section;

    /// <param name="options">The classes that this program reads; of the settings of the other program only the names are
    /// known.</param>
    public static List<string> Faults(IConfiguration configuration, params Type[] options)
    {
        List<string> faults = [.. SectionNames.Faults(configuration)];
        foreach (var child in configuration.GetSection(Section).GetChildren())
        {
            if (SettingsPage.All[child.Key].FirstOrDefault() is not { } row) faults.AddRange(Unknown(configuration, child));
            else if (row.IsList) faults.AddRange(ListFaults(child, row.Name));
            else if (ValueFault(child, row.Name, options) is { } fault) faults.Add($"{Section}:{row.Name}: {fault}");
        }

        return faults;
    }

    private static IEnumerable<string> Unknown(IConfiguration configuration, IConfigurationSection child)
    {
        foreach (var leaf in Leaves(child))
        {
            var given = leaf.Path[(Section.Length + 1)..];
            var names = SettingsPage.All.Select(row => row.Key).ToList();
            var source = SettingsList.SourceOf(configuration, leaf.Path) is { } provider ? $" ({provider})" : "";
            var near = NearestName.Of(given.Replace(":", "", StringComparison.Ordinal), names);
            var remedy = near is null ? "--help lists them all." : $"did you mean {near}?";
            yield return $"{leaf.Path}: there is no such setting{source}; {remedy}";
        }
    }

    private static IEnumerable<IConfigurationSection> Leaves(IConfigurationSection section)
    {
        var children = section.GetChildren().ToList();
        return children.Count == 0 ? [section] : children.SelectMany(Leaves);
    }

    private static IEnumerable<string> ListFaults(IConfigurationSection list, string name)
    {
        if (!string.IsNullOrEmpty(list.Value))
            yield return $"{Section}:{name}: is a list; its first entry is {Section}:{name}:0.";
        foreach (var entry in list.GetChildren())
        {
            var isIndex = int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && entry.Key == index.ToString(CultureInfo.InvariantCulture);
            if (!isIndex || entry.GetChildren().Any())
            {
                yield return $"{Section}:{name}:{entry.Key}: is a list; its entries are "
                    + $"{Section}:{name}:0, {Section}:{name}:1 and so on.";
            }
            else if (entry.Value is null)
            {
                yield return $"{Section}:{name}:{entry.Key}: has no value.";
            }
        }
    }

    private static string? ValueFault(IConfigurationSection setting, string name, Type[] options)
    {
        if (setting.GetChildren().Any()) return "must be one value, not a list or a section.";
        if (setting.Value is not { } value) return "has no value; leave it out for its default.";
        var type = options.Select(each => each.GetProperty(name, BindingFlags.Public | BindingFlags.Instance)?.PropertyType)
            .FirstOrDefault(found => found is not null);
        if (type is null || type == typeof(string)) return null;
        if (type == typeof(TimeSpan)) return Duration.TryParse(value, out _) ? null : Duration.Fault(value);
        if (type == typeof(bool)) return bool.TryParse(value, out _) ? null : $"'{value}' is neither True nor False.";
        if (type.IsEnum) return IsOf(type, value) ? null : $"'{value}' is none of {string.Join(", ", Enum.GetNames(type))}.";
        return IsNumber(type, value) ? null : $"'{value}' is not a whole number, or is too large.";
    }

    /// <summary>Names alone: a number would be taken whatever it is.</summary>
    private static bool IsOf(Type type, string value)
    {
        string[] given = type.IsDefined(typeof(FlagsAttribute))
            ? value.Split(',', StringSplitOptions.TrimEntries)
            : [value.Trim()];
        return given.All(name => Enum.GetNames(type).Contains(name, StringComparer.OrdinalIgnoreCase));
    }

    private static bool IsNumber(Type type, string value)
    {
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
