using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using NotifyHub.Gateway;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>docs/configuration.md lists every setting, with the default and the range that the code has, and none that it has not.</summary>
public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_lists_every_gateway_setting_as_it_is() => Assert.Equal(Rows(new GatewayOptions()), RowsOfPage("Gateway"));

    [Fact]
    public void The_page_lists_every_silo_setting_as_it_is() => Assert.Equal(Rows(new SiloOptions()), RowsOfPage("Silo"));

    [Fact]
    public void Every_setting_of_the_page_says_what_it_means() =>
        Assert.All(TableRows("Gateway").Concat(TableRows("Silo")), row => Assert.EndsWith(".", row[3], StringComparison.Ordinal));

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Silo")]
    public void The_Chinese_page_says_what_each_of_the_same_settings_means(string section)
    {
        var chinese = TableRows(section, "configuration.zh-TW.md").ToArray();
        Assert.Equal(TableRows(section).Select(row => row[0][..row[0].IndexOf('<', StringComparison.Ordinal)]), chinese.Select(row => row[0]));
        Assert.All(chinese, row => Assert.EndsWith("。", row[1], StringComparison.Ordinal));
    }

    private static string[] Rows(object options) =>
    [
        .. from property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
           let list = property.PropertyType.IsArray ? "__0" : ""
           let range = property.GetCustomAttribute<RangeAttribute>() is { } limits ? $"{Plain(limits.Minimum)} – {Plain(limits.Maximum)}" : ""
           select $"`{property.Name}`<br>`NotifyHub__{property.Name}{list}` | {Default(property.GetValue(options))} | {range}",
    ];

    private static string Default(object? value) => value switch
    {
        null or "" or ICollection { Count: 0 } => "(empty)",
        TimeSpan time => $"`{Duration.Format(time)}`",
        _ => Invariant($"`{value}`"),
    };

    /// <summary>A time in its shortest form, however it is written; anything else as it is.</summary>
    private static string Plain(object value)
    {
        var text = Invariant($"{value}");
        return Duration.TryParse(text, out var time) ? Duration.Format(time) : text;
    }

    private static string PlainCell(string cell) =>
        string.Join(" – ", cell.Split(" – ").Select(part => part.StartsWith('`') ? $"`{Plain(part.Trim('`'))}`" : Plain(part)));

    private static string[] RowsOfPage(string section) => [.. TableRows(section).Select(row => $"{row[0]} | {PlainCell(row[1])} | {PlainCell(row[2])}")];

    private static IEnumerable<string[]> TableRows(string section, string page = "configuration.md") =>
        File.ReadLines(Page(page))
            .SkipWhile(line => line != $"## {section}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries));

    private static string Page(string name, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../docs", name);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
