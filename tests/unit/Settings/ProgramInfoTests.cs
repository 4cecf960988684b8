using System.Text.RegularExpressions;
using NotifyHub.Gateway;
using NotifyHub.Hosting.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed partial class ProgramInfoTests
{
    [Fact]
    public void Help_says_what_special_values_mean()
    {
        var help = Blanks().Replace(GatewayHost.Info.Help(), " ");

        Assert.Contains(
            "The console, and the API that it calls. 0: the system picks a free port. -1: no console. (-1 – 65535)", help,
            StringComparison.Ordinal);
        var special = SettingsPage.Sections.SelectMany(section => SettingsPage.Rows(SettingsPage.English, section))
            .SelectMany(row => Special().Matches(row.Meaning)).Select(match => match.Value).ToList();
        Assert.True(special.Count > 20, string.Join('\n', special));
        Assert.All(special, sentence => Assert.Contains(sentence, help, StringComparison.Ordinal));
    }

    [Fact]
    public void Help_leaves_out_what_is_for_the_manual() =>
        Assert.DoesNotContain("The images use 8083", GatewayHost.Info.Help(), StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"(?<=\. )(-?[0-9]+|Empty|False): [^.]+\.")]
    private static partial Regex Special();
}
