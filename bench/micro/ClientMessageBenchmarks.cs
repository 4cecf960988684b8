using BenchmarkDotNet.Attributes;
using NotifyHub.Gateway.Sockets;

namespace NotifyHub.Bench.Micro;

/// <summary>Messages of a client.</summary>
[MemoryDiagnoser]
public class ClientMessageBenchmarks
{
    private readonly byte[] _ping = """{"type":"ping","time":1732347600123}"""u8.ToArray();
    private readonly byte[] _subscribe =
        """{"type":"subscribe","channel":"all","since":1234567,"epoch":"0193547e6f0b"}"""u8.ToArray();
    private readonly byte[] _faulty = """{"type":"ping","time":"""u8.ToArray();

    [Benchmark]
    public ClientMessageKind Ping() => ClientMessage.Parse(_ping, out _);

    [Benchmark]
    public ClientMessageKind Subscribe() => ClientMessage.Parse(_subscribe, out _);

    /// <summary>The most expensive answer, by an exception: the most that a hostile client can make the server spend.</summary>
    [Benchmark]
    public ClientMessageKind Faulty() => ClientMessage.Parse(_faulty, out _);
}
