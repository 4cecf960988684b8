using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Bench.Micro;

/// <summary>The log that all clients of a gateway read from.</summary>
[MemoryDiagnoser]
public class FrameLogBenchmarks
{
    private const int MessageBytes = 128;
    private const int HistoryBytes = 4 << 20;

    private readonly FrameLog _log = new(WireForm.WritePlain, 0, HistoryBytes);
    private Message[] _batch = [];

    /// <summary>Messages per commit.</summary>
    [Params(1, 100)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _log.Append(Samples.Messages(2 * HistoryBytes / MessageBytes, MessageBytes));
        // The log takes a message's offset as given, so one batch can be reused.
        _batch = Samples.Messages(Batch, MessageBytes, _log.Head.Offset + 1);
    }

    /// <summary>A batch, including a new segment every 500 messages.</summary>
    [Benchmark]
    public void Append() => _log.Append(_batch);
}
