using System.Globalization;

namespace NotifyHub.Bench;

/// <summary>CPU time and resident memory of the processes under test, from <c>/proc</c>.</summary>
/// <param name="PeakBytes">The peak resident memory since each process started.</param>
internal readonly record struct ServerUsage(double CpuSeconds, long ResidentBytes, long PeakBytes)
{
    // The unit of times in /proc on all architectures of .NET: 10 ms.
    private const double TicksPerSecond = 100;

    /// <summary>The sum over the processes; zeros if there are none.</summary>
    /// <exception cref="IOException">One of them has ended.</exception>
    public static ServerUsage Read(IReadOnlyList<int> pids)
    {
        double cpu = 0;
        long resident = 0, peak = 0;
        foreach (var pid in pids)
        {
            cpu += Cpu(File.ReadAllText($"/proc/{pid}/stat"));
            var status = File.ReadAllLines($"/proc/{pid}/status");
            resident += Bytes(status, "VmRSS:");
            peak += Bytes(status, "VmHWM:");
        }
        return new ServerUsage(cpu, resident, peak);
    }

    internal static double Cpu(string stat)
    {
        // The second field is the program name in parentheses, which may contain blanks and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static long Bytes(string[] status, string name)
    {
        var line = Array.Find(status, l => l.StartsWith(name, StringComparison.Ordinal)) ?? $"{name} 0 kB";
        const NumberStyles Padded = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;
        return long.Parse(line.AsSpan()[name.Length..^2], Padded, CultureInfo.InvariantCulture) * 1024;
    }
}
