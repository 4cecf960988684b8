using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Bench.Micro;

/// <summary>Encoding a message as a frame, once for all clients of a wire form.</summary>
[MemoryDiagnoser]
public class WireFormBenchmarks
{
    private readonly byte[] _target = new byte[64 << 10];
    private Message _message = null!;

    [Params(128, 4096)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Make() => _message = new Message(1_234_567, Samples.Json(Bytes), IsNotification: false);

    [Benchmark]
    public int Plain() => WireForm.WritePlain(_target, _message);

    [Benchmark]
    public int Envelope() => WireForm.WriteEnvelope(_target, _message);
}
