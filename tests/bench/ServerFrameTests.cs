using System.Buffers.Binary;
using NotifyHub.Bench;
using Xunit;

namespace NotifyHub.BenchTests;

public sealed class ServerFrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void A_frame_is_complete_with_its_last_byte_and_not_before(int length)
    {
        var bytes = Frame(0x81, length);
        for (var cut = 0; cut < bytes.Length; cut += cut < 16 ? 1 : 997)
            Assert.Equal(FrameStatus.NeedMore, ServerFrame.TryRead(bytes.AsSpan(0, cut), out _));
        Assert.Equal(FrameStatus.NeedMore, ServerFrame.TryRead(bytes.AsSpan(0, bytes.Length - 1), out _));

        Assert.Equal(FrameStatus.Complete, ServerFrame.TryRead([.. bytes, 0x81], out var frame));
        Assert.Equal((Opcode.Text, length, bytes.Length), (frame.Opcode, frame.Payload.Length, frame.Length));
    }

    [Theory]
    [InlineData(new byte[] { 0x01, 0x00 })] // fragment
    [InlineData(new byte[] { 0x80, 0x00 })] // continuation
    [InlineData(new byte[] { 0xC1, 0x00 })] // compressed
    [InlineData(new byte[] { 0x82, 0x00 })] // binary
    [InlineData(new byte[] { 0x81, 0x80 })] // masked
    [InlineData(new byte[] { 0x89, 0x7E })] // long ping
    [InlineData(new byte[] { 0x81, 0x7F, 0xFF, 0, 0, 0, 0, 0, 0, 0 })] // 2^63 bytes and more
    public void What_no_server_may_send_is_invalid(byte[] bytes) =>
        Assert.Equal(FrameStatus.Invalid, ServerFrame.TryRead(bytes, out _));

    [Theory]
    [InlineData(new byte[] { 0x88, 0x02, 0x03, 0xF5 }, 1013)]
    [InlineData(new byte[] { 0x88, 0x00 }, 1005)]
    public void A_close_frame_has_its_code(byte[] bytes, int code)
    {
        Assert.Equal(FrameStatus.Complete, ServerFrame.TryRead(bytes, out var frame));
        Assert.Equal(code, frame.CloseCode);
    }

    [Fact]
    public void A_pong_is_masked_and_carries_the_pings_payload()
    {
        Span<byte> pong = stackalloc byte[ServerFrame.MaxControl];
        var length = ServerFrame.WriteControl(pong, Opcode.Pong, "hi"u8);
        Assert.Equal([0x8A, 0x82, 0, 0, 0, 0, (byte)'h', (byte)'i'], pong[..length].ToArray());
    }

    internal static byte[] Frame(byte first, int length)
    {
        byte[] header = length switch
        {
            < 126 => [first, (byte)length],
            < 65_536 => [first, 126, (byte)(length >> 8), (byte)length],
            _ => [first, 127, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        if (length >= 65_536) BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(2), length);
        return [.. header, .. new byte[length]];
    }
}
