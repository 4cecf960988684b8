using System.Buffers;
using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Push;

namespace NotifyHub.Bench.Micro;

/// <summary>Finding a pushed line and checking that it is one JSON object.</summary>
[MemoryDiagnoser]
public class PushBenchmarks
{
    private const int MaxLineBytes = 1 << 20;

    private byte[] _json = [];
    private byte[] _lines = [];

    [Params(128, 4096)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Make()
    {
        _json = Samples.Json(Bytes);
        _lines = [.. Enumerable.Repeat<byte[]>([.. _json, (byte)'\n'], 100).SelectMany(line => line)];
    }

    /// <summary>A hundred lines of one read; the figures are per line.</summary>
    [Benchmark(OperationsPerInvoke = 100)]
    public int Lines()
    {
        var unread = new ReadOnlySequence<byte>(_lines);
        long searched = 0;
        var lines = 0;
        while (LineReader.Read(ref unread, MaxLineBytes, ref searched, out _) == LineStatus.Line) lines++;
        return lines;
    }

    [Benchmark]
    public string? Check() => PushedJson.Fault(_json);
}
