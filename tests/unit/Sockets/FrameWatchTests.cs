using CsCheck;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Sockets;
using Xunit;
using static NotifyHub.UnitTests.Sockets.WireFrames;

namespace NotifyHub.UnitTests.Sockets;

public sealed class FrameWatchTests
{
    // Bytes that make up valid, nearly valid and invalid UTF-8.
    private static readonly Gen<byte[]> Payload = Gen.OneOf(
        Gen.Int[0, 11]
            .Select(i => new byte[] { 0x24, 0xc3, 0xa9, 0xe0, 0xa0, 0x80, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f }[i])
            .Array[0, 12],
        Gen.String.Select(text => System.Text.Encoding.UTF8.GetBytes(text)));

    private static readonly Gen<(int Opcode, byte[] Payload, bool Final)> Frame =
        Gen.Select(Gen.Int[0, 10], Payload, Gen.Bool, (opcode, payload, final) => (opcode, payload, final));

    [Fact]
    public void However_the_bytes_are_cut_the_frames_and_the_first_fault_are_the_same() =>
        Gen.Select(Frame.Array[0, 8], Gen.Int[1, 9].Array[1, 20]).Sample((frames, cuts) =>
        {
            byte[] bytes = [.. frames.SelectMany(frame => Masked(frame.Opcode, frame.Payload, frame.Final))];
            Assert.Equal(Take(bytes, [int.MaxValue]), Take(bytes, cuts));
        });

    [Fact]
    public void A_text_is_at_fault_exactly_with_its_first_byte_that_no_text_can_have_there() =>
        Payload.Sample(payload =>
        {
            var good = 0;
            while (good < payload.Length && MayBegin(payload.AsSpan(0, good + 1))) good++;
            var bytes = Masked(1, payload);

            var (begun, fault, at) = Take(bytes, [1]);

            Assert.Equal(1, begun);
            // A text that ends inside a code point is invalid at its last byte.
            if (good == payload.Length && !System.Text.Unicode.Utf8.IsValid(payload)) good--;
            Assert.Equal(good < payload.Length ? CloseReason.InvalidUtf8 : null, fault);
            if (fault is not null) Assert.Equal(bytes.Length - payload.Length + good, at);
        });

    [Theory]
    [InlineData(new byte[] { 0x81, 0x00 }, 1)]
    [InlineData(new byte[] { 0x89, 0x05, 1, 2 }, 1)]
    [InlineData(new byte[] { 0x8a, 0x80, 0, 0, 0, 0, 0x82, 0x7f }, 7)]
    public void An_unmasked_frame_is_at_fault_with_its_second_byte(byte[] bytes, int at) =>
        Assert.Equal((CloseReason.ProtocolError, at), (Take(bytes, [1]).Fault, Take(bytes, [1]).At));

    [Theory]
    [InlineData(0, 2, 4)]
    [InlineData(125, 2, 4)]
    [InlineData(0, 8, 8)]
    [InlineData(125, 8, 8)]
    [InlineData(126, 8, 8)]
    [InlineData(65_535, 8, 8)]
    public void A_non_minimal_length_fails_as_early_as_possible(int length, int lengthBytes, int at)
    {
        foreach (var opcode in (int[])[0, 1, 2, 8, 9])
            Assert.Equal(
                (1, CloseReason.ProtocolError, at - 1), Take(Masked(opcode, new byte[length], lengthBytes: lengthBytes), [1]));
    }

    [Theory]
    [InlineData(new byte[] { 0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x82, 0xff, 0xff, 0xff })]
    public void A_length_with_its_highest_bit_is_at_fault_with_that_byte(byte[] bytes) =>
        Assert.Equal((1, CloseReason.ProtocolError, 2), Take(bytes, [1]));

    [Theory]
    [InlineData(new byte[] { 0x82, 0xfe, 0x00, 0x7e })]
    [InlineData(new byte[] { 0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0 })]
    [InlineData(new byte[] { 0x82, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    public void The_least_and_the_greatest_length_of_their_kind_are_good(byte[] bytes) => AssertGood(1, bytes, [1]);

    [Fact]
    public void A_text_must_not_end_inside_a_code_point_also_when_an_empty_frame_ends_it() => Assert.Equal(
        (2, CloseReason.InvalidUtf8, 13), Take([.. Masked(1, [0xe6, 0x99], final: false), .. Masked(0, ""u8)], [1]));

    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void The_next_frame_begins_behind_a_payload_of_any_length(int length) =>
        AssertGood(3, [.. Masked(2, new byte[length]), .. Masked(1, new byte[length]), .. Masked(9, ""u8)], [7, 1, 1000]);

    [Fact]
    public void The_payload_of_control_frames_and_binary_messages_is_no_text() => AssertGood(
        5,
        [
            .. Masked(1, [0xe6], final: false), .. Masked(9, [0xff]), .. Masked(0, [0x99, 0x82]),
            .. Masked(2, [0xff], final: false), .. Masked(0, [0xff]),
        ],
        [3]);

    private static void AssertGood(int frames, byte[] bytes, int[] cuts) =>
        Assert.Equal((frames, null, bytes.Length), Take(bytes, cuts));

    /// <summary>Reads in pieces of these sizes; returns the frames begun, the first fault and its position.</summary>
    private static (int Begun, CloseReason? Fault, int At) Take(byte[] bytes, int[] cuts)
    {
        var watch = new FrameWatch();
        var all = 0;
        for (var (at, i) = (0, 0); at < bytes.Length; i++)
        {
            var count = Math.Min(cuts[i % cuts.Length], bytes.Length - at);
            var fault = watch.Take(bytes.AsSpan(at, count), out var begun, out var taken);
            all += begun;
            at += taken;
            if (fault is not null) return (all, fault, at);
            Assert.Equal(count, taken);
        }

        return (all, null, bytes.Length);
    }

    /// <summary>Whether the framework can decode the bytes, or could if more followed.</summary>
    private static bool MayBegin(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            switch (System.Text.Rune.DecodeFromUtf8(bytes, out _, out var consumed))
            {
                case System.Buffers.OperationStatus.InvalidData: return false;
                case System.Buffers.OperationStatus.NeedMoreData: return true;
                default: bytes = bytes[consumed..]; break;
            }
        }

        return true;
    }
}
