using System.Buffers;
using System.Text;
using CsCheck;
using NotifyHub.Gateway.Push;
using Xunit;

namespace NotifyHub.UnitTests.Push;

public sealed class LineReaderTests
{
    private const int Max = 8;

    // Few letters, so that line ends, carriage returns and lines at the bound are frequent.
    private static readonly Gen<byte[]> Bytes =
        Gen.Int[0, 5].Select(i => "abc\r\n\n"u8[i]).Array[0, 60];

    [Fact]
    public void Any_split_of_any_bytes_gives_the_lines_of_the_whole() =>
        Gen.Select(Bytes, Gen.Int[1, 9].Array[1, 60]).Sample((bytes, pieces) =>
            Assert.Equal(Expected(bytes), ReadInPieces(bytes, pieces)));

    [Fact]
    public void A_carriage_return_belongs_to_the_line_end_only_directly_before_it()
    {
        Assert.Equal(["a\rb", "c\r"], ReadInPieces("a\rb\r\nc\r\r\n"u8.ToArray(), [100]));
    }

    [Theory]
    [InlineData("12345678\n", LineStatus.Line)]
    [InlineData("12345678\r\n", LineStatus.Line)]
    [InlineData("123456789\n", LineStatus.TooLong)]
    [InlineData("12345678", LineStatus.NeedMore)]
    [InlineData("12345678\r", LineStatus.NeedMore)]
    [InlineData("123456789", LineStatus.TooLong)]
    [InlineData("12345678\rx", LineStatus.TooLong)]
    public void The_bound_is_judged_before_the_line_end_has_come(string text, LineStatus expected)
    {
        var unread = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text));
        long searched = 0;
        Assert.Equal(expected, LineReader.Read(ref unread, Max, ref searched, out _));
    }

    [Fact]
    public void Empty_lines_are_consumed_though_they_are_no_lines()
    {
        var unread = new ReadOnlySequence<byte>("\n\r\n\nab"u8.ToArray());
        long searched = 0;
        Assert.Equal(LineStatus.NeedMore, LineReader.Read(ref unread, Max, ref searched, out _));
        Assert.Equal("ab", Encoding.UTF8.GetString(unread));
        Assert.Equal(2, searched);
    }

    /// <summary>The expected lines, computed from the whole input: all lines up to the first that is too long.</summary>
    private static List<string> Expected(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        List<string> lines = [];
        while (text.Contains('\n', StringComparison.Ordinal))
        {
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            var line = text[..end];
            text = text[(end + 1)..];
            if (line.EndsWith('\r')) line = line[..^1];
            if (line.Length > Max) return [.. lines, "too long"];
            if (line.Length > 0) lines.Add(line);
        }

        if (text.EndsWith('\r')) text = text[..^1];
        return text.Length > Max ? [.. lines, "too long"] : lines;
    }

    /// <summary>Reads like a connection: the bytes arrive in pieces, each its own segment.</summary>
    private static List<string> ReadInPieces(byte[] bytes, int[] pieces)
    {
        List<string> lines = [];
        List<byte[]> segments = [];
        long searched = 0;
        var at = 0;
        for (var i = 0; at < bytes.Length; i++)
        {
            var size = Math.Min(pieces[i % pieces.Length], bytes.Length - at);
            segments.Add(bytes[at..(at + size)]);
            at += size;

            var unread = Segment.Chain(segments);
            while (true)
            {
                var status = LineReader.Read(ref unread, Max, ref searched, out var line);
                if (status == LineStatus.NeedMore) break;
                if (status == LineStatus.TooLong) return [.. lines, "too long"];
                lines.Add(Encoding.Latin1.GetString(line));
            }

            segments = unread.IsEmpty ? [] : Segments(unread);
        }

        return lines;
    }

    private static List<byte[]> Segments(ReadOnlySequence<byte> sequence)
    {
        List<byte[]> segments = [];
        foreach (var segment in sequence) segments.Add(segment.ToArray());
        return segments;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private Segment(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public static ReadOnlySequence<byte> Chain(List<byte[]> pieces)
        {
            var first = new Segment(pieces[0], 0);
            var last = first;
            foreach (var piece in pieces.Skip(1))
            {
                var next = new Segment(piece, last.RunningIndex + last.Memory.Length);
                last.Next = next;
                last = next;
            }

            return new(first, 0, last, last.Memory.Length);
        }
    }
}
