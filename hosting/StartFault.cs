using System.Net.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Hosting;

/// <summary>What a program says when it can't start: lines for its operator, never a stack trace.</summary>
public static class StartFault
{
    public const int ExitCode = 1;

    /// <summary>The message for the operator; null: a fault of the program itself, whose stack trace is needed.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException faults => string.Join(Environment.NewLine, faults.Failures),
        StartFaultException or StorageUnavailableException => failure.Message,
        // A value that is no number, time or the like. Known by who threw it, for the type says nothing.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => failure.Message,
        // A file of settings that is no JSON: its name is in the one message, the place in the other.
        InvalidDataException { InnerException: FormatException } => $"{failure.Message} {Innermost(failure)}",
        IOException or UnauthorizedAccessException or SocketException => Innermost(failure),
        AggregateException { InnerException: { } inner } => Explain(inner),
        _ => null,
    };

    /// <summary>Writes them to standard error.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Print(params IEnumerable<string> lines)
    {
        foreach (var line in lines) Console.Error.WriteLine(line);
        return ExitCode;
    }

    private static string Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner) failure = inner;
        return failure.Message;
    }
}
