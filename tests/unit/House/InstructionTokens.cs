using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace NotifyHub.UnitTests.House;

/// <summary>The types, methods and fields that a method body refers to.</summary>
internal static class InstructionTokens
{
    private const byte TwoByteOpCode = 0xFE;

    private static readonly Dictionary<int, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => (int)(ushort)code.Value);

    public static IEnumerable<EntityHandle> In(BlobReader body)
    {
        List<EntityHandle> tokens = [];
        while (body.RemainingBytes > 0)
        {
            int value = body.ReadByte();
            if (value == TwoByteOpCode) value = (value << 8) | body.ReadByte();
            switch (OpCodesByValue[value].OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    tokens.Add((EntityHandle)MetadataTokens.Handle(body.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = body.ReadInt32();
                    body.Offset += targets * sizeof(int);
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    body.Offset += sizeof(byte);
                    break;
                case OperandType.InlineVar:
                    body.Offset += sizeof(short);
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    body.Offset += sizeof(long);
                    break;
                default:
                    body.Offset += sizeof(int);
                    break;
            }
        }

        return tokens;
    }
}
