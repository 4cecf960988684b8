using System.Globalization;

namespace NotifyHub.Bench;

/// <summary>CPU time and resident memory of the processes under test, from <c>/proc</c>.</summary>
/// <param name="PeakBytes">The most that was resident since each process began.</param>
internal readonly record struct ServerUsage(double CpuSeconds, long ResidentBytes, long PeakBytes)
{
    // The unit of /proc's times on every architecture that .NET runs on: 10 ms.
    private const double TicksASecond = 100;

    /// <summary>Sum over the processes; zeros for none.</summary>
    /// <exception cref="IOException">One of them is gone.</exception>
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
        // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksASecond;
    }

    private static long Bytes(string[] status, string name)
    {
        var line = Array.Find(status, l => l.StartsWith(name, StringComparison.Ordinal)) ?? $"{name} 0 kB";
        return long.Parse(line.AsSpan()[name.Length..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }
}
