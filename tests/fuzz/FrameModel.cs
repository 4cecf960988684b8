using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using NotifyHub.Gateway.Sockets;
using NotifyHub.UnitTests.Sockets;

namespace NotifyHub.FuzzTests;

/// <summary>The expected answers to all bytes of a client, as RFC 6455 and docs/protocol.md define them.</summary>
/// <param name="Answers">Texts and pongs before the close, each with its opcode and its payload in hexadecimal.</param>
/// <param name="Closes">The close codes that are allowed; 0 means that the connection just ends.</param>
internal sealed record FrameModel(IReadOnlyList<string> Answers, int[] Closes)
{
    private const int Binary = 2;

    public static FrameModel Of(byte[] input, int maxMessageBytes)
    {
        List<string> answers = [];
        FrameModel Closed(params int[] codes) => new(answers, codes);
        List<byte> message = [];
        var kind = 0;
        for (ReadOnlySpan<byte> rest = input; ;)
        {
            if (rest.Length < 2) return Closed(0);
            if ((rest[1] & 0x80) == 0) return Closed(1002);
            var header = (rest[1] & 0x7f) switch { 126 => 8, 127 => 14, _ => 6 };
            // A length that is invalid or not in its shortest form may be detected before the mask and the rest arrive.
            if (header == 8 && rest.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) < 126) return Closed(1002);
            if (header == 14 && rest.Length >= 3 && rest[2] >= 0x80) return Closed(1002);
            if (header == 14 && rest.Length >= 8 && rest[2..8].IndexOfAnyExcept((byte)0) < 0) return Closed(1002);
            if (rest.Length < header) return Closed(0);
            var (opcode, isFinal, isControl) = (rest[0] & 0x0f, (rest[0] & 0x80) != 0, (rest[0] & 0x08) != 0);
            var length = header switch
            {
                6 => rest[1] & 0x7f,
                8 => BinaryPrimitives.ReadUInt16BigEndian(rest[2..]),
                _ => BinaryPrimitives.ReadInt64BigEndian(rest[2..]),
            };
            if ((rest[0] & 0x70) != 0 || opcode is (> 2 and < 8) or > 10 || (isControl && (!isFinal || length > 125))
                || (!isControl && (opcode == 0) == (kind == 0))) return Closed(1002);

            var isWhole = rest.Length - header >= length;
            byte[] payload = [.. isWhole ? rest.Slice(header, (int)length) : rest[header..]];
            for (var i = 0; i < payload.Length; i++) payload[i] ^= rest[header - 4 + (i % 4)];
            if (isControl)
            {
                // A close frame with a payload of one byte is invalid as soon as its header is known.
                if (!isWhole) return opcode == 8 && length == 1 ? Closed(0, 1002) : Closed(0);
                if (opcode == 8) return Closed(CloseCode(payload));
                if (opcode == 9) answers.Add($"10 {Convert.ToHexStringLower(payload)}");
            }
            else
            {
                if (opcode != 0) kind = opcode;
                if (kind == Binary) return Closed(1003);
                message.AddRange(payload);
                var isText = IsText(message, isWhole && isFinal);
                // If a message has both faults, either may be found first.
                if (message.Count > maxMessageBytes)
                    return Closed([1009, .. isText ? (int[])[] : [1007], .. isWhole ? (int[])[] : [0]]);
                if (!isText) return Closed(1007);
                if (!isWhole) return Closed(0);
                if (isFinal)
                {
                    answers.Add($"1 {Convert.ToHexStringLower(Answer([.. message]))}");
                    message.Clear();
                    kind = 0;
                }
            }

            rest = rest[(header + (int)length)..];
        }
    }

    private static byte[] Answer(byte[] text)
    {
        var kind = ClientMessage.Parse(text, out var message);
        return WireFrames.ReadOne(kind switch
        {
            ClientMessageKind.Ping => ServerMessage.Pong(message.Time),
            ClientMessageKind.Subscribe => ServerMessage.Error(ClientError.V1Only),
            _ => ServerMessage.Error(message.Fault!),
        }).Payload;
    }

    private static int CloseCode(byte[] payload)
    {
        if (payload.Length == 0) return 1000;
        if (payload.Length == 1 || !IsText(payload.AsSpan(2), isAll: true)) return 1002;
        var code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        return code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999) ? code : 1002;
    }

    private static bool IsText(List<byte> bytes, bool isAll) =>
        IsText(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes), isAll);

    private static bool IsText(ReadOnlySpan<byte> bytes, bool isAll)
    {
        while (bytes.Length > 0)
        {
            switch (Rune.DecodeFromUtf8(bytes, out _, out var consumed))
            {
                case OperationStatus.InvalidData: return false;
                case OperationStatus.NeedMoreData: return !isAll;
                default: bytes = bytes[consumed..]; break;
            }
        }

        return true;
    }
}
