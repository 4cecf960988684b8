using System.Globalization;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests;

/// <summary>Every log message has its own event id within its assembly, as the first argument: operators filter by it.</summary>
public sealed partial class LogEventTests
{
    [Theory]
    [InlineData("gateway")]
    [InlineData("grain-interfaces")]
    [InlineData("grains")]
    [InlineData("hosting")]
    [InlineData("silo")]
    [InlineData("telemetry")]
    public void Each_log_message_of_an_assembly_has_its_own_event_id(string project)
    {
        var messages = (
            from file in Directory.EnumerateFiles(Checkout.PathOf(project), "*.cs", SearchOption.AllDirectories)
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
            from Match match in Attribute().Matches(File.ReadAllText(file))
            select (File: Path.GetFileName(file), Id: match.Groups[1].Value)).ToArray();

        Assert.DoesNotContain(messages, message => message.Id.Length == 0);
        Assert.Empty(
            from message in messages
            group message.File by int.Parse(message.Id, CultureInfo.InvariantCulture) into same
            where same.Count() > 1
            select $"{same.Key}: {string.Join(", ", same)}");
    }

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:([0-9]+),\s*LogLevel\.)?")]
    private static partial Regex Attribute();
}
