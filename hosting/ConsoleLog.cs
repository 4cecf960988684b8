using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;

namespace NotifyHub.Hosting;

/// <summary>How log lines look on the console, unless <c>Logging:Console:FormatterOptions</c> says otherwise.</summary>
public static class ConsoleLog
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Each line has its time: a file or a terminal adds none. UTC, because the processes of a grid may be in several
    /// time zones. Not the lines for systemd, whose journal has a time of its own.</summary>
    public static void AddConsoleTimes(this IServiceCollection services)
    {
        // Without a name the console takes the format from options that are obsolete, and not from those below.
        services.PostConfigure<ConsoleLoggerOptions>(options => options.FormatterName ??= ConsoleFormatterNames.Simple);
        services.PostConfigure<SimpleConsoleFormatterOptions>(options => SetTime(options, $"{Time} "));
        services.PostConfigure<JsonConsoleFormatterOptions>(options => SetTime(options, Time));
    }

    private static void SetTime(ConsoleFormatterOptions options, string format)
    {
        if (options.TimestampFormat is not null) return;
        (options.TimestampFormat, options.UseUtcTimestamp) = (format, true);
    }
}
