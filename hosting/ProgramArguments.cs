using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>
/// The command line of a program. .NET passes over what it can't read (<c>--PushPort 1</c>, a word, a setting without its
/// value); here each of
/// them is a fault.
/// </summary>
/// <param name="Settings">The arguments that are settings, for the configuration.</param>
/// <param name="Faults">What is wrong with the others, a line each.</param>
public sealed record ProgramArguments(ProgramTask Task, string[] Settings, IReadOnlyList<string> Faults)
{
    private static readonly Dictionary<string, ProgramTask> Tasks = new(StringComparer.Ordinal)
    {
        ["--help"] = ProgramTask.Help, ["-h"] = ProgramTask.Help, ["-?"] = ProgramTask.Help,
        ["--version"] = ProgramTask.Version,
        ["--check"] = ProgramTask.Check,
        [HealthProbe.Argument] = ProgramTask.Health,
    };

    // Of other parts of the process: its log, its telemetry, and which appsettings.….json it reads.
    private static readonly string[] OtherSettings = ["Logging:", "OTEL_", "environment"];

    /// <param name="words">Words that this program takes, and that mean nothing but "start".</param>
    public static ProgramArguments Parse(IReadOnlyList<string> arguments, params string[] words)
    {
        var task = ProgramTask.Serve;
        List<string> settings = [];
        List<string> faults = [];
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (Tasks.TryGetValue(argument, out var asked))
            {
                // Help excludes everything else.
                if (task != ProgramTask.Help) task = asked;
            }
            else if (!words.Contains(argument, StringComparer.Ordinal))
            {
                var next = i + 1 < arguments.Count ? arguments[i + 1] : null;
                if (Setting(argument, next, out var takesNext) is { } fault)
                {
                    faults.Add(fault);
                }
                else
                {
                    settings.Add(argument);
                    if (takesNext) settings.Add(next!);
                }

                if (takesNext) i++;
            }
        }

        return new ProgramArguments(task, [.. settings], faults);
    }

    /// <returns>What is wrong; null: it is a setting.</returns>
    private static string? Setting(string argument, string? next, out bool takesNext)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var isOption = argument.StartsWith("--", StringComparison.Ordinal) || argument.StartsWith('/');
        var option = equals < 0 ? argument : argument[..equals];
        var name = option.TrimStart('-', '/');
        // Whatever it is, what follows without a dash is its value, and is not shown.
        takesNext = isOption && equals < 0 && next is not null && !next.StartsWith('-');

        if (!name.StartsWith($"{CommonOptions.Section}:", StringComparison.OrdinalIgnoreCase) && !OtherSettings.Any(Begins))
        {
            var near = NearestName.Of(name, [.. SettingsPage.All.Select(row => row.Key)]);
            if (!isOption && equals < 0)
            {
                return "An argument is not a setting. "
                    + "Write settings as --NotifyHub:NAME=VALUE; see --help.";
            }

            return near is null
                ? $"{option}: there is no such argument; see --help."
                : $"{option}: there is no such argument; did you mean --{CommonOptions.Section}:{near}=…?";
        }

        if (!isOption && equals < 0) return $"{option}: has no value; write --{name}=VALUE.";
        return equals < 0 && !takesNext ? $"{option}: has no value; write {option}=VALUE." : null;

        bool Begins(string other) => name.StartsWith(other, StringComparison.OrdinalIgnoreCase);
    }
}
