using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Channels;

namespace NotifyHub.Bench.Micro;

/// <summary>Finds the position of a client that resumes.</summary>
[MemoryDiagnoser]
public class FrameLogFindBenchmarks
{
    private const int HistoryBytes = 4 << 20;

    private readonly FrameLog _log = new(WireForm.WritePlain, 0, HistoryBytes);
    private long _after;

    /// <summary>Messages that the client missed.</summary>
    [Params(0, 10, 10_000)]
    public int Missed { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _log.Append(Samples.Messages(60_000, 128));
        _after = _log.Head.Offset - Missed;
    }

    [Benchmark]
    public bool Find() => _log.TryFind(_after, out _, out _);
}
