using NotifyHub.Bench;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class SignalRTests
{
    private const int Size = 64;

    [Fact]
    public void Records_are_found_however_frames_and_reads_cut_them()
    {
        var run = BenchMessage.NewRun();
        byte[] stream =
            [.. Enumerable.Range(0, 4).SelectMany(n => Record(run + n)), .. "{\"type\":6}\u001e"u8, .. Record(run + 4)];
        for (var cut = 1; cut < stream.Length - 1; cut++)
        {
            // Two fragments of one message and a third frame, read one byte at a time.
            byte[] wire = [.. Frame(0x01, stream[..cut]), .. Frame(0x80, stream[cut..^1]), .. Frame(0x81, stream[^1..])];
            var deliveries = new Deliveries(run, Size) { MeasuredFrom = 0 };
            var incoming = new Incoming(deliveries, BenchOptions.Parse(["--protocol", "signalr", "--size", $"{Size}"]));
            var client = new Client { Offset = -1 };
            var buffer = new byte[4096];
            foreach (var received in wire)
            {
                var rest = client.TakeRest(buffer);
                buffer[rest] = received;
                Assert.Null(incoming.Take(ref client, buffer.AsSpan(0, rest + 1)));
            }
            Assert.Equal((5, 0, 0, 0), (deliveries.Received, deliveries.Foreign, deliveries.Altered, deliveries.OrderErrors));
        }
    }

    [Fact]
    public void Whatever_is_no_record_of_a_message_is_not_counted_as_one()
    {
        Assert.True(SignalR.TryRead(
            """{"type":7,"error":"gone"}"""u8.ToArray().Append((byte)0x1E).ToArray(), out var length, out var message));
        Assert.Equal((26, 0), (length, message.Length));
        Assert.False(SignalR.TryRead("""{"type":6}"""u8, out _, out _));
    }

    [Theory]
    [InlineData("{\"error\":\"no such protocol\"}\u001e", false)]
    [InlineData("{}\u001e", true)]
    public void Only_the_empty_answer_is_a_welcome(string answer, bool welcome) =>
        Assert.Equal(
            welcome ? FrameStatus.Complete : FrameStatus.Invalid,
            SignalR.ReadWelcome(Frame(0x81, System.Text.Encoding.UTF8.GetBytes(answer)), out _));

    private static byte[] Record(long seq)
    {
        var message = BenchMessage.Template(Size);
        BenchMessage.Stamp(message, seq, 1);
        return [.. "{\"type\":1,\"target\":\"message\",\"arguments\":["u8, .. message, .. "]}\u001e"u8];
    }

    private static byte[] Frame(byte first, byte[] payload)
    {
        var frame = ServerFrameTests.Frame(first, payload.Length);
        payload.CopyTo(frame, frame.Length - payload.Length);
        return frame;
    }
}
