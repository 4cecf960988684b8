using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using NotifyHub.Gateway.Push;
using Xunit;

namespace NotifyHub.FuzzTests;

/// <summary>Input of the push port: split into lines, each validated.</summary>
public sealed class LineTests
{
    private const int MaxBytes = 200;

    [Fact]
    public Task Lines_do_not_depend_on_reads_and_are_accepted_exactly_when_a_parser_does() =>
        Fuzzer.RunAsync(
            "lines", Json.Text.Array[0, 6].Select(lines => Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\n")), Check);

    /// <summary>Fails when an input is read differently than expected.</summary>
    internal static void Check(byte[] input)
    {
        var expected = Definition(input);
        foreach (var cuts in Fuzzer.Cuts(input)) Assert.Equal(expected, Read(input, cuts));
        foreach (var line in expected.OfType<string>()) Judge(Encoding.Latin1.GetBytes(line));
        Judge(input);
    }

    private static void Judge(byte[] line)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fault = PushedJson.Fault(line);
        // Room for one exception and its message; allocations must not grow with the input.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 10);
        Assert.Equal(Takes(line), fault is null);
        if (fault is null) PushedJson.Trace(line);
        else Assert.DoesNotContain('\n', fault);
        Assert.InRange(fault?.Length ?? 0, 0, 80);
    }

    private static bool Takes(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Utf8.IsValid(line) && document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The lines of the whole input; null, always last, for a line that is too long.</summary>
    private static List<string?> Definition(byte[] input)
    {
        List<string?> lines = [];
        var parts = Encoding.Latin1.GetString(input).Split('\n');
        for (var i = 0; i < parts.Length; i++)
        {
            var line = parts[i].EndsWith('\r') ? parts[i][..^1] : parts[i];
            if (line.Length > MaxBytes) return [.. lines, null];
            if (line.Length > 0 && i < parts.Length - 1) lines.Add(line);
        }

        return lines;
    }

    private static List<string?> Read(byte[] input, int[] cuts)
    {
        List<string?> lines = [];
        long searched = 0;
        var (begin, end) = (0, 0);
        for (var i = 0; end < input.Length; i++)
        {
            end += Math.Min(cuts[i % cuts.Length], input.Length - end);
            var unread = new ReadOnlySequence<byte>(input, begin, end - begin);
            LineStatus status;
            while ((status = LineReader.Read(ref unread, MaxBytes, ref searched, out var line)) == LineStatus.Line)
                lines.Add(Encoding.Latin1.GetString(line));
            if (status == LineStatus.TooLong) return [.. lines, null];
            begin = end - (int)unread.Length;
        }

        return lines;
    }
}
