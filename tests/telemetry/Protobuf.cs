using System.Buffers.Binary;
using System.Text;

namespace NotifyHub.TelemetryTests;

/// <summary>A decoded protobuf message: fields by number, in order. Supports as much of the format as OTLP uses.</summary>
public sealed class Protobuf
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public Protobuf(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var key = Varint(ref bytes);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((number, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} is not protobuf 3.");
            }
        }
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public IEnumerable<Protobuf> Messages(int number) => Bytes(number).Select(bytes => new Protobuf(bytes));

    public IEnumerable<ReadOnlyMemory<byte>> Bytes(int number) =>
        _fields.Where(field => field.Number == number).Select(field => field.Bytes);

    /// <summary>Empty when the field is missing, protobuf's default.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).LastOrDefault().Span);

    /// <summary>Bytes as lower-case hexadecimal digits.</summary>
    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).LastOrDefault().Span);

    public ulong Number(int number) => _fields.LastOrDefault(field => field.Number == number).Value;

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = bytes.Span[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
            shift += 7;
        }
    }
}
