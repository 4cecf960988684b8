using System.Diagnostics;

namespace NotifyHub.Bench;

/// <summary>The clock of a run, in microseconds. Sender and receivers share the process, so its origin does not matter.</summary>
internal static class Clock
{
    private static readonly long TicksAMicrosecond = Stopwatch.Frequency / 1_000_000;

    public static long Now => Stopwatch.GetTimestamp() / TicksAMicrosecond;
}
