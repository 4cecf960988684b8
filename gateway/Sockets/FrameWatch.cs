using System.Numerics;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// Follows the frames in what a client sends, for what the framework's WebSocket finds out too late: it waits for four bytes more
/// before it looks whether a frame is masked, it judges a text only when its frame is whole (and never when an empty one ends
/// it), it takes a length in more bytes than it needs, and it takes any number of frames. Bytes in; frames begun and the first
/// fault out, wherever the bytes are cut.
/// </summary>
internal struct FrameWatch
{
    private const int Text = 1;
    private const int FirstControl = 8;

    private enum Step : byte
    {
        Opcode,
        Length,
        LongLength,
        Mask,
        Payload,
    }

    private Step _step;

    /// <summary>Bytes of the header's present part that are yet to come.</summary>
    private byte _missing;

    private bool _isFinal;
    private bool _isControl;

    /// <summary>The data message in progress is a text.</summary>
    private bool _isText;

    // What may follow inside a code point, as https://encoding.spec.whatwg.org/#utf-8-decoder says.
    private byte _continuations;
    private byte _lower;
    private byte _upper;

    /// <summary>The key, turned so that its highest byte is the next one's.</summary>
    private uint _mask;

    /// <summary>Bytes of payload that are yet to come.</summary>
    private long _left;

    /// <summary>Takes what was read.</summary>
    /// <param name="bytes">The next ones of the connection. After a fault there is nothing to be learnt from more.</param>
    /// <param name="begun">How many frames begin in them.</param>
    /// <param name="taken">How many of them were taken: all, or up to the first wrong one.</param>
    /// <returns>What is wrong with them; null: nothing that could be known yet.</returns>
    public CloseReason? Take(ReadOnlySpan<byte> bytes, out int begun, out int taken)
    {
        begun = taken = 0;
        while (taken < bytes.Length)
        {
            if (_step == Step.Payload)
            {
                var end = taken + (int)Math.Min(_left, bytes.Length - taken);
                _left -= end - taken;
                if (!_isText || _isControl) taken = end;
                for (; taken < end; taken++)
                {
                    if (!TakeText((byte)(bytes[taken] ^ _mask >> 24))) return CloseReason.InvalidUtf8;
                    _mask = BitOperations.RotateLeft(_mask, 8);
                }
            }
            else
            {
                if (_step == Step.Opcode) begun++;
                if (!TakeHeader(bytes[taken])) return CloseReason.ProtocolError;
                taken++;
            }

            if (_step == Step.Payload && _left == 0 && !TryEndFrame())
            {
                taken--;
                return CloseReason.InvalidUtf8;
            }
        }

        return null;
    }

    /// <summary>False: not masked, or its length is in more bytes than it needs, or longer than there are numbers for.</summary>
    private bool TakeHeader(byte next)
    {
        switch (_step)
        {
            case Step.Opcode:
                var opcode = next & 0x0f;
                _isFinal = (next & 0x80) != 0;
                _isControl = opcode >= FirstControl;
                // A continuation is what its message is. What is wrong with this byte the framework sees by itself.
                if (!_isControl && (opcode != 0 || (next & 0x70) != 0)) (_isText, _continuations) = ((next & 0x7f) == Text, 0);
                _step = Step.Length;
                return true;
            case Step.Length:
                _left = next & 0x7f;
                (_step, _missing) = _left switch
                {
                    126 => (Step.LongLength, (byte)2),
                    127 => (Step.LongLength, (byte)8),
                    _ => (Step.Mask, (byte)4),
                };
                if (_step == Step.LongLength) _left = 0;
                return (next & 0x80) != 0;
            case Step.LongLength:
                _left = _left << 8 | next;
                // Of eight bytes the first has no highest bit, and the first six are not all 0; of two, 126 is the least.
                var isFit = --_missing switch { 7 => next < 0x80, 2 => _left > 0, 0 => _left >= 126, _ => true };
                if (_missing == 0) (_step, _missing) = (Step.Mask, 4);
                return isFit;
            default:
                _mask = _mask << 8 | next;
                if (--_missing == 0) _step = Step.Payload;
                return true;
        }
    }

    /// <summary>False: it ends a text inside a code point.</summary>
    private bool TryEndFrame()
    {
        _step = Step.Opcode;
        return !_isText || !_isFinal || _isControl || _continuations == 0;
    }

    private bool TakeText(byte next)
    {
        if (_continuations == 0)
        {
            return next switch
            {
                < 0x80 => true,
                >= 0xc2 and <= 0xdf => Expect(1, 0x80, 0xbf),
                0xe0 => Expect(2, 0xa0, 0xbf),
                0xed => Expect(2, 0x80, 0x9f),
                >= 0xe1 and <= 0xef => Expect(2, 0x80, 0xbf),
                0xf0 => Expect(3, 0x90, 0xbf),
                0xf4 => Expect(3, 0x80, 0x8f),
                >= 0xf1 and <= 0xf3 => Expect(3, 0x80, 0xbf),
                _ => false,
            };
        }

        return next >= _lower && next <= _upper && Expect((byte)(_continuations - 1), 0x80, 0xbf);
    }

    private bool Expect(byte continuations, byte lower, byte upper)
    {
        (_continuations, _lower, _upper) = (continuations, lower, upper);
        return true;
    }
}
