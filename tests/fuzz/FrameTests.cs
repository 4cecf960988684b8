using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using NotifyHub.UnitTests.Sockets;
using Xunit;

namespace NotifyHub.FuzzTests;

/// <summary>Arbitrary bytes after the handshake, as the gateway reads them, checked against <c>FrameModel</c>.</summary>
public sealed class FrameTests : IDisposable
{
    private const int MaxBytes = 1_000;

    private static readonly Gen<byte[]> Payload = Gen.OneOf(
        Json.Text.Select(Encoding.UTF8.GetBytes),
        Gen.Byte.Array[0, 130],
        Gen.Int[990, 1_010].Select(length => Encoding.ASCII.GetBytes(new string(' ', length))),
        Gen.Int[0, 5_000].Select(code => new byte[] { (byte)(code >> 8), (byte)code, (byte)'x' }));

    private static readonly Gen<byte[]> Frame = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(1)), (2, Gen.Const(0)), (1, Gen.Const(2)),
            (2, Gen.Const(9)), (1, Gen.Const(10)), (1, Gen.Const(8)), (1, Gen.Int[3, 15])),
        Payload,
        Gen.Frequency((5, Gen.Const(true)), (2, Gen.Const(false))),
        // Mostly the shortest form of the length; otherwise a form that is too long, or two bytes for a long payload.
        Gen.Frequency((20, Gen.Const(0)), (1, Gen.Const(2)), (1, Gen.Const(8))),
        (opcode, payload, final, lengthBytes) => WireFrames.Masked(opcode, payload, final, lengthBytes));

    private static readonly Gen<byte[]> Frames =
        Frame.Array[0, 6].Select(frames => (byte[])[.. frames.SelectMany(frame => frame), .. WireFrames.Masked(8, [3, 232])]);

    private readonly Sender _sender = GatewayParts.NewSender(0, 1 << 20, new DeliveryCounts());
    private readonly FailureLog _log = new();
    private readonly ClientMemory _memory = new(128 << 20, TimeProvider.System);
    private readonly GatewayParts _parts;
    private readonly ClientReader _reader;

    public FrameTests()
    {
        var channel = new FakeChannel();
        _parts = new GatewayParts(channel.Grains, memory: _memory);
        _reader = new ClientReader(_parts.Subscriptions, _parts.Requests, _memory, MaxBytes, _log);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _parts.Dispose();
    }

    [Fact]
    public Task Any_bytes_are_answered_as_the_model_says_however_they_are_cut() => Fuzzer.RunAsync("frames", Frames, CheckAsync);

    /// <summary>Fails when an input is answered differently than expected.</summary>
    internal async Task CheckAsync(byte[] input)
    {
        var model = FrameModel.Of(input, MaxBytes);
        foreach (var cuts in Fuzzer.Cuts(input))
        {
            var answers = await AnswersAsync(input, cuts);
            var close = answers is [.., { Opcode: WireFrame.Close } last] ? last : null;
            if (close is not null) answers.RemoveAt(answers.Count - 1);
            Assert.DoesNotContain(answers, answer => answer.Opcode == WireFrame.Close);
            Assert.Contains(close is null ? 0 : BinaryPrimitives.ReadUInt16BigEndian(close.Payload), model.Closes);
            var texts = answers.Select(answer => $"{answer.Opcode} {Convert.ToHexStringLower(answer.Payload)}").ToList();
            // Without a close frame the connection broke, and answers in flight may be lost.
            Assert.Equal(close is null ? model.Answers.Take(texts.Count) : model.Answers, texts);
            Assert.Null(_log.Failure);
        }
    }

    private async Task<List<WireFrame>> AnswersAsync(byte[] input, int[] cuts)
    {
        var stream = new ScriptedStream(input, cuts);
        var connection = new ClientConnection(null, stream);
        var client = new Client(1, new SessionOpened("c", "", "", "", default), connection, _sender.Queue, 16 << 20, _memory);
        var ended = 0;
        await _reader.ReadAsync(client, new ClientStream(client, connection, new FrameRate(1_000_000)), _ => ended++);
        Assert.Equal(1, ended);
        var frames = WireFrames.Read(stream.Written(), out var left);
        Assert.Equal(0, left);
        return frames;
    }

    /// <summary>A peer with scripted input. Pieces of odd size arrive late, so that reads complete in both ways.</summary>
    private sealed class ScriptedStream(byte[] script, int[] cuts) : MemoryStream
    {
        private readonly MemoryStream _written = new();
        private int _at;
        private int _reads;

        public byte[] Written()
        {
            lock (_written) return _written.ToArray();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty) return 0;
            var count = Math.Min(Math.Min(cuts[_reads++ % cuts.Length], buffer.Length), script.Length - _at);
            if (count % 2 == 1 && cuts.Length > 1) await Task.Yield();
            script.AsSpan(_at, count).CopyTo(buffer.Span);
            _at += count;
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_written) _written.Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A client must not be able to cause an error that the reader logs as unexpected.</summary>
    private sealed class FailureLog : ILogger<ClientReader>
    {
        public Exception? Failure { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Failure ??= exception;
    }
}
