using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>The tables in docs/configuration.md are generated from the options classes by scripts/settings-tables.</summary>
public sealed class ConfigurationPageTests
{
    // Set by scripts/settings-tables.
    private static readonly bool Writes = Environment.GetEnvironmentVariable("NOTIFYHUB_WRITE_DOCS") is not null;

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Silo")]
    public void The_page_has_the_table_that_the_options_class_gives(string section)
    {
        var expected = SettingsTable.Lines(section == "Gateway" ? new GatewayOptions() : new SiloOptions());
        var page = File.ReadAllLines(Page("configuration.md"));
        var first = Array.FindIndex(page, Array.IndexOf(page, $"## {section}"), line => line.StartsWith('|'));
        var table = page.Skip(first).TakeWhile(line => line.StartsWith('|')).ToArray();
        if (Writes)
        {
            File.WriteAllLines(Page("configuration.md"), [.. page.Take(first), .. expected, .. page.Skip(first + table.Length)]);
            return;
        }

        // If this fails, run scripts/settings-tables.
        Assert.Equal(expected, table);
    }

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Silo")]
    public void The_Chinese_page_describes_the_same_settings(string section)
    {
        var chinese = Rows("configuration.zh-TW.md", section);
        Assert.Equal(Rows("configuration.md", section).Select(row => row[0].Split('<')[0]), chinese.Select(row => row[0]));
        Assert.All(chinese, row => Assert.EndsWith("。", row[1], StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SettingsPage.English)]
    [InlineData(SettingsPage.Chinese)]
    public void Help_and_console_show_plain_text(string page) => Assert.All(
        SettingsPage.Sections.SelectMany(section => SettingsPage.Rows(page, section)),
        row => Assert.DoesNotMatch(@"`|\]\(", row.Meaning + row.Default));

    [Fact]
    public void A_link_becomes_its_text() =>
        Assert.Contains("(see protocol)", SettingsPage.All["RequireToken"].First().Meaning, StringComparison.Ordinal);

    private static string[][] Rows(string page, string section) =>
    [
        .. File.ReadLines(Page(page))
            .SkipWhile(line => line != $"## {section}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries)),
    ];

    private static string Page(string name) => Checkout.PathOf($"docs/{name}");
}
