using System.Buffers;

namespace NotifyHub.Gateway.Push;

/// <summary>Framing of push lines: bytes in; a line, "need more" or "too long" out. LF or CRLF ends a line; empty ones are
/// skipped.</summary>
public static class LineReader
{
    /// <summary>Takes the next line off <paramref name="unread"/>.</summary>
    /// <param name="unread">The bytes not yet taken; moved behind every line end that was consumed, also those of empty
    /// lines.</param>
    /// <param name="maxBytes">The longest line, its end not counted.</param>
    /// <param name="searched">How many leading bytes of <paramref name="unread"/> are known to hold no line end: 0 at first, then
    /// what the last call left there. A long line arrives in many pieces, and searching them all again each time would cost
    /// the square of its length.</param>
    /// <param name="line">The line; empty unless the answer is <see cref="LineStatus.Line"/>.</param>
    public static LineStatus Read(
        ref ReadOnlySequence<byte> unread, int maxBytes, ref long searched, out ReadOnlySequence<byte> line)
    {
        while (unread.Slice(searched).PositionOf((byte)'\n') is { } end)
        {
            line = WithoutCarriageReturn(unread.Slice(0, end));
            unread = unread.Slice(unread.GetPosition(1, end));
            searched = 0;
            if (line.Length > maxBytes)
            {
                line = default;
                return LineStatus.TooLong;
            }

            if (!line.IsEmpty) return LineStatus.Line;
        }

        line = default;
        searched = unread.Length;
        // Judged before the rest has come, or a sender without line ends would fill the memory. A CR may still belong to the end.
        return searched > maxBytes && WithoutCarriageReturn(unread).Length > maxBytes ? LineStatus.TooLong : LineStatus.NeedMore;
    }

    private static ReadOnlySequence<byte> WithoutCarriageReturn(ReadOnlySequence<byte> line)
    {
        if (line.IsEmpty) return line;
        var last = line.Slice(line.Length - 1);
        return last.FirstSpan[0] == '\r' ? line.Slice(0, line.Length - 1) : line;
    }
}
