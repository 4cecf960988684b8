using System.Buffers.Binary;

namespace NotifyHub.Bench;

/// <summary>A frame from a server, in place in the receive buffer (RFC 6455, section 5.2).</summary>
internal readonly ref struct ServerFrame
{
    /// <summary>No message is larger than a push line may be; a longer frame has a wrong length.</summary>
    public const int MaxPayload = 1 << 20;

    private const int MaxHeader = 10;

    public const int MaxBytes = MaxPayload + MaxHeader;

    private const int MaxControlPayload = 125;

    /// <summary>Bytes of the largest control frame that a client sends.</summary>
    public const int MaxControl = MaxControlPayload + 6;

    public Opcode Opcode { get; private init; }

    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Bytes of the whole frame.</summary>
    public int Length { get; private init; }

    /// <summary>The code of a close frame; 1005 if it has none.</summary>
    public int CloseCode => Payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload) : 1005;

    /// <summary>
    /// Reads the frame at the start of <paramref name="bytes"/>. A masked, compressed or oversized frame is invalid: no server
    /// under test may send one.
    /// </summary>
    /// <param name="fragments">Whether a message may have several frames; if not, a fragment is invalid too.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> bytes, out ServerFrame frame, bool fragments = false)
    {
        frame = default;
        if (bytes.Length < 2) return FrameStatus.NeedMore;
        var opcode = (Opcode)(bytes[0] & 0x0F);
        var isText = opcode == Opcode.Text || (fragments && opcode == Opcode.Continuation);
        if (!isText && opcode is not (Opcode.Close or Opcode.Ping or Opcode.Pong)) return FrameStatus.Invalid;
        if ((bytes[0] & 0xF0) != 0x80 && !(fragments && isText && (bytes[0] & 0xF0) == 0)) return FrameStatus.Invalid;
        if (!isText && bytes[1] > MaxControlPayload) return FrameStatus.Invalid;

        int header = 2, payload = bytes[1];
        if (payload == 126)
        {
            header = 4;
            if (bytes.Length < header) return FrameStatus.NeedMore;
            payload = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        }
        else if (payload == 127)
        {
            header = MaxHeader;
            if (bytes.Length < header) return FrameStatus.NeedMore;
            var length = BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]);
            if (length > MaxPayload) return FrameStatus.Invalid;
            payload = (int)length;
        }
        else if (payload > 127)
        {
            return FrameStatus.Invalid;
        }

        if (bytes.Length < header + payload) return FrameStatus.NeedMore;
        frame = new ServerFrame { Opcode = opcode, Payload = bytes.Slice(header, payload), Length = header + payload };
        return FrameStatus.Complete;
    }

    /// <summary>
    /// Writes a client's control frame, masked with zeros: masking protects proxies from hostile pages, and there are neither
    /// here.
    /// </summary>
    /// <returns>Bytes written: the payload and six.</returns>
    public static int WriteControl(Span<byte> target, Opcode opcode, ReadOnlySpan<byte> payload)
    {
        target[0] = (byte)(0x80 | (byte)opcode);
        target[1] = (byte)(0x80 | payload.Length);
        target.Slice(2, 4).Clear();
        payload.CopyTo(target[6..]);
        return payload.Length + 6;
    }
}
