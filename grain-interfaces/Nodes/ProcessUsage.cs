using System.Diagnostics;

namespace NotifyHub.GrainInterfaces;

/// <summary>How a node measures itself for its <see cref="NodeReport"/>. Not thread-safe: one reporter owns it.</summary>
public sealed class ProcessUsage
{
    private readonly TimeProvider _time;
    private readonly Process _process = Process.GetCurrentProcess();
    private long _measuredAt;
    private TimeSpan _cpu;
    private double _cpuPercent;

    public ProcessUsage(TimeProvider time)
    {
        _time = time;
        _measuredAt = time.GetTimestamp();
        _cpu = _process.TotalProcessorTime;
    }

    /// <summary>CPU time of one core since the last call, in percent: 200 is two cores busy.</summary>
    public double CpuPercent()
    {
        var now = _time.GetTimestamp();
        var elapsed = _time.GetElapsedTime(_measuredAt, now);
        // Too short a time says nothing: repeat the last figure.
        if (elapsed < TimeSpan.FromMilliseconds(100)) return _cpuPercent;

        _process.Refresh();
        var cpu = _process.TotalProcessorTime;
        _cpuPercent = Math.Max(0, (cpu - _cpu) / elapsed * 100);
        (_cpu, _measuredAt) = (cpu, now);
        return _cpuPercent;
    }

    /// <summary>Resident memory in percent of the machine's (or the container's) memory.</summary>
    public static double MemoryPercent()
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return available == 0 ? 0 : 100.0 * Environment.WorkingSet / available;
    }

    /// <summary>When this process started.</summary>
    public DateTimeOffset StartedAt() => new(_process.StartTime.ToUniversalTime());
}
