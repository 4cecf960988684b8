using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.UnitTests.Docs;

/// <summary>The Markdown table of a program's settings, from the defaults, ranges and XML docs of its options class.</summary>
internal static partial class SettingsTable
{
    public static string[] Lines(object options) =>
    [
        "| Setting and environment variable | Default | Range | Meaning |",
        "|---|---|---|---|",
        .. options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => Row(property, options)),
    ];

    private static string Row(PropertyInfo property, object options)
    {
        var list = property.PropertyType.IsArray ? "__0" : "";
        var range = property.GetCustomAttribute<RangeAttribute>() is { } limits
            ? $"{Plain(limits.Minimum)} – {Plain(limits.Maximum)} "
            : "";
        var value = Default(property.GetValue(options));
        return $"| `{property.Name}`<br>`NotifyHub__{property.Name}{list}` | {value} | {range}| {Meaning(property)} |";
    }

    private static string Default(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => "(empty)",
        TimeSpan time => $"`{Duration.Format(time)}`",
        _ => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };

    /// <summary>A time in its shortest form, anything else unchanged.</summary>
    private static string Plain(object value)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{value}");
        return Duration.TryParse(text, out var time) ? Duration.Format(time) : text;
    }

    private static string Meaning(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        var name = $"P:{type.FullName}.{property.Name}";
        var summary = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"))
            .Descendants("member").FirstOrDefault(member => member.Attribute("name")?.Value == name)?.Element("summary")
            ?? throw new InvalidOperationException($"{name} has no XML doc.");
        return Space().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim();
    }

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see when see.Attribute("href") is { } link => $"[{see.Value}]({link.Value})",
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
        _ => throw new NotSupportedException($"An XML doc of a setting has {node}."),
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
