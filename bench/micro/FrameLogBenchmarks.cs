using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Bench.Micro;

/// <summary>The log that all clients of a gateway are sent from.</summary>
[MemoryDiagnoser]
public class FrameLogBenchmarks
{
    private const int MessageBytes = 128;
    private const int HistoryBytes = 4 << 20;

    private readonly FrameLog _log = new(WireForm.WritePlain, 0, HistoryBytes);
    private Message[] _batch = [];

    /// <summary>Messages of one commit.</summary>
    [Params(1, 100)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _log.Append(Samples.Messages(2 * HistoryBytes / MessageBytes, MessageBytes));
        // The log takes a message's offset as it is told, so one batch serves again and again.
        _batch = Samples.Messages(Batch, MessageBytes, _log.Head.Offset + 1);
    }

    /// <summary>A batch, a new segment every 500 messages included.</summary>
    [Benchmark]
    public void Append() => _log.Append(_batch);
}
