using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>What a program says of itself.</summary>
/// <param name="Name">Such as <c>NotifyHub gateway</c>.</param>
/// <param name="File">What is started.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Words">As <see cref="ProgramArguments.Parse"/> takes them.</param>
/// <param name="Sections">The tables of docs/configuration.md that hold for it.</param>
/// <param name="Checks">What <c>--check</c> looks at.</param>
public sealed partial record ProgramInfo(
    string Name, string File, string Summary, string[] Words, string[] Sections, string Checks)
{
    private const int Width = 100;
    private const int NameWidth = 28;

    /// <summary>Answers what needs no settings at all, and refuses a command line that has faults.</summary>
    /// <returns>The exit code; null: the program is to go on.</returns>
    public int? Answer(ProgramArguments arguments)
    {
        switch (arguments.Task)
        {
            case ProgramTask.Help:
                Console.Write(Help());
                return 0;
            case ProgramTask.Version:
                Console.WriteLine($"{Name} {Version}");
                return 0;
            default:
                return arguments.Faults.Count == 0 ? null : StartFault.Print(arguments.Faults);
        }
    }

    /// <summary>Says what was checked and found good.</summary>
    public int Checked()
    {
        Console.WriteLine($"{Name} {Version}: the settings are valid. Checked: {Checks}.");
        Console.WriteLine("Not checked: whether the ports are free and the database answers; a running process may use them.");
        return 0;
    }

    public string Help()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Name} {Version}: {Summary}");
        text.AppendLine();
        var words = string.Concat(Words.Select(word => $" [{word}]"));
        text.AppendLine(CultureInfo.InvariantCulture, $"Usage: dotnet {File}{words} [--NotifyHub:SETTING=VALUE …]");
        AddEntry(text, "--help", "Show this help and exit.");
        AddEntry(text, "--version", "Show the version and exit.");
        AddEntry(text, "--check", $"Check the settings and exit: {Checks}.");
        AddEntry(text, HealthProbe.Argument, "Check whether the process that serves on this machine is ready, and exit.");
        text.AppendLine();
        text.AppendLine("Each setting can be an argument (--NotifyHub:SETTING=VALUE), an environment variable");
        text.AppendLine(
            "(NotifyHub__SETTING), a line of appsettings.json or a file in SecretsFolder. Lists: SETTING:0, SETTING:1.");
        text.AppendLine(
            "Times: 500ms, 90s, 15m, 24h, 7d. Exit codes: 0 success; 1 refused, with the reason.");
        foreach (var section in Sections)
        {
            text.AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"Settings of a {section.ToLowerInvariant()}, with their defaults:");
            foreach (var row in SettingsPage.Rows(SettingsPage.English, section))
                AddEntry(text, $"{row.Name}={(row.Default == "(empty)" ? "" : row.Default)}", InShort(row));
        }

        return text.ToString();
    }

    private static string Version => Assembly.GetEntryAssembly()?.GetName().Version?.ToString(3) ?? "0.0.0";

    // The first sentence, and those that say what a special value means: readers cannot guess what 0 or -1 does.
    private static string InShort(SettingRow row)
    {
        var sentences = SentenceEnd().Split(row.Meaning);
        var text = string.Join(' ', sentences.Where((sentence, index) => index == 0 || OfValue().IsMatch(sentence)));
        return row.Range.Length == 0 ? text : $"{text} ({row.Range})";
    }

    private static void AddEntry(StringBuilder text, string name, string meaning)
    {
        var line = new StringBuilder($"  {name} ".PadRight(NameWidth));
        // A long name has a line of its own.
        if (line.Length > NameWidth)
        {
            text.AppendLine(line.ToString().TrimEnd());
            line.Clear().Append(' ', NameWidth);
        }

        foreach (var word in meaning.Split(' '))
        {
            if (line.Length + word.Length > Width)
            {
                text.AppendLine(line.ToString().TrimEnd());
                line.Clear().Append(' ', NameWidth);
            }

            line.Append(word).Append(' ');
        }

        text.AppendLine(line.ToString().TrimEnd());
    }

    [GeneratedRegex(@"(?<=\.) ")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex("^(-?[0-9]+|[A-Z][A-Za-z]*( and [a-z]+)?): ")]
    private static partial Regex OfValue();
}
