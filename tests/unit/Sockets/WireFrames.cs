using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>A frame as a client sees it.</summary>
internal sealed record WireFrame(int Opcode, byte[] Payload)
{
    public const int Close = 8;

    public string Text => Encoding.UTF8.GetString(Payload);

    public JsonElement Json => JsonDocument.Parse(Payload).RootElement;

    public int CloseCode => BinaryPrimitives.ReadUInt16BigEndian(Payload);
}

/// <summary>RFC 6455 framing, implemented independently of the production code.</summary>
internal static class WireFrames
{
    /// <summary>All complete frames and the number of bytes left; fails unless they are valid server frames.</summary>
    public static List<WireFrame> Read(ReadOnlySpan<byte> bytes, out int left)
    {
        var frames = new List<WireFrame>();
        while (bytes.Length >= 2)
        {
            Assert.Equal(0x80, bytes[0] & 0xf0);
            Assert.True(bytes[1] < 128, "A server must not mask.");
            var (header, length) = (2, (long)bytes[1]);
            if (length == 126 && bytes.Length >= 4) (header, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
            else if (length == 127 && bytes.Length >= 10)
                (header, length) = (10, BinaryPrimitives.ReadInt64BigEndian(bytes[2..]));
            else if (length >= 126) break;
            if (bytes.Length < header + length) break;
            frames.Add(new WireFrame(bytes[0] & 0xf, bytes.Slice(header, (int)length).ToArray()));
            bytes = bytes[(header + (int)length)..];
        }

        left = bytes.Length;
        return frames;
    }

    public static WireFrame ReadOne(ReadOnlySpan<byte> bytes)
    {
        var frame = Assert.Single(Read(bytes, out var left));
        Assert.Equal(0, left);
        return frame;
    }

    /// <summary>A frame as a client sends it.</summary>
    /// <param name="lengthBytes">How many bytes encode the length: 1, 2 or 8; 0 for the shortest form.</param>
    public static byte[] Masked(int opcode, ReadOnlySpan<byte> payload, bool final = true, int lengthBytes = 0)
    {
        byte[] mask = [0x12, 0x34, 0x56, 0x78];
        var frame = new List<byte> { (byte)((final ? 0x80 : 0) | opcode) };
        if (lengthBytes == 0) lengthBytes = payload.Length switch { < 126 => 1, <= ushort.MaxValue => 2, _ => 8 };
        frame.Add((byte)(0x80 | lengthBytes switch { 2 => 126, 8 => 127, _ => payload.Length }));
        if (lengthBytes > 1)
        {
            for (var shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) frame.Add((byte)((long)payload.Length >> shift));
        }

        frame.AddRange(mask);
        for (var i = 0; i < payload.Length; i++) frame.Add((byte)(payload[i] ^ mask[i % 4]));
        return [.. frame];
    }

    public static byte[] MaskedText(string text) => Masked(1, Encoding.UTF8.GetBytes(text));

    /// <summary>A message whose payload contains its offset and has about this many bytes.</summary>
    public static Message Message(long offset, int bytes) =>
        new(offset, Encoding.ASCII.GetBytes(
            $$"""{"n":{{offset}},"f":"{{new string((char)('a' + (offset % 26)), bytes)}}"}"""), false);
}
