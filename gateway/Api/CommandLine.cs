namespace NotifyHub.Gateway.Api;

/// <summary>The command line without secrets: the status needs no login.</summary>
public static class CommandLine
{
    /// <summary>The program without its folder, and its arguments; the values of options are left out, since a key or a password
    /// may be among them.</summary>
    public static string Shown(IReadOnlyList<string> arguments)
    {
        List<string> shown = [Path.GetFileName(arguments[0])];
        var afterOption = false;
        foreach (var argument in arguments.Skip(1))
        {
            var isOption = argument.StartsWith('-') || argument.StartsWith('/');
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0) shown.Add(argument[..equals] + "=…");
            else if (isOption || !afterOption) shown.Add(argument);
            else shown.Add("…");
            afterOption = isOption && equals < 0;
        }

        return string.Join(' ', shown);
    }
}
