using System.Globalization;
using System.Text;
using NotifyHub.TestKit;

namespace NotifyHub.ProcessTests;

/// <summary>A case of the Autobahn test suite: what a client sends, and the expected answers.</summary>
/// <param name="Number">Autobahn's number, or a name.</param>
/// <param name="Parts">Sent one after another; the last one may leave a frame unfinished.</param>
/// <param name="Answers">
/// The expected frames: <see cref="AutobahnCases.Taken"/>, a pong with its payload in hexadecimal, or a close with its code. A
/// close is the last; without one the client closes the connection.
/// </param>
/// <param name="ClientCloses">The parts contain a close by the client.</param>
/// <param name="InTurns">Each part is sent after the one before it was answered.</param>
public sealed record AutobahnCase(
    string Number, IReadOnlyList<byte[]> Parts, string[] Answers, bool ClientCloses = false, bool InTurns = false);

/// <summary>
/// The cases of the Autobahn test suite's fuzzing client, 1 to 10 (12 and 13 are about compression, which is not negotiated).
/// Autobahn expects every message back, but NotifyHub is no echo server: its error for a text that is no JSON shows that the
/// message was received. Binary messages are refused with 1003.
/// </summary>
internal static class AutobahnCases
{
    public const string Taken = "text";
    private const int Text = 1;
    private const int Binary = 2;
    private const int Ping = 9;
    private const int Pong = 10;
    private const int More = 0;
    private const string Broken = "close 1002";

    public static IEnumerable<AutobahnCase> All() =>
    [
        .. Framing(), .. PingsAndPongs(), .. ReservedBits(), .. Opcodes(), .. Fragmentation(), .. AutobahnTexts.All(),
        .. Closing(), .. Large(), .. Lengths(),
    ];

    public static AutobahnCase Case(string number, byte[] bytes, params string[] answers) => new(number, [bytes], answers);

    public static IReadOnlyList<byte[]> Chops(byte[] bytes, int size) => [.. bytes.Chunk(size)];

    public static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part)];

    /// <summary>Splits a message into frames with at most this much payload.</summary>
    public static byte[] Fragments(int opcode, byte[] payload, int size)
    {
        using var all = new MemoryStream();
        for (var at = 0; at < payload.Length; at += size)
        {
            var isLast = at + size >= payload.Length;
            all.Write(RawSocket.Frame(
                at == 0 ? opcode : 0, payload.AsSpan(at, Math.Min(size, payload.Length - at)), isLast ? 0x80 : More));
        }

        return all.ToArray();
    }

    private static byte[] Stars(int count)
    {
        var stars = new byte[count];
        Array.Fill(stars, (byte)'*');
        return stars;
    }

    private static string PongOf(ReadOnlySpan<byte> payload) => $"pong {Convert.ToHexStringLower(payload)}";

    private static IEnumerable<AutobahnCase> Framing()
    {
        int[] lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
        foreach (var (group, opcode, answer) in ((int, int, string)[])[(1, Text, Taken), (2, Binary, "close 1003")])
        {
            for (var i = 0; i < lengths.Length; i++)
            {
                var frame = RawSocket.Frame(opcode, Stars(lengths[i]));
                yield return new($"1.{group}.{i + 1}", i == 7 ? Chops(frame, 997) : [frame], [answer]);
            }
        }
    }

    /// <summary>Not from Autobahn: oversized length fields and a set highest bit; RFC 6455 (5.2) forbids both.</summary>
    private static IEnumerable<AutobahnCase> Lengths()
    {
        foreach (var (name, length, lengthBytes) in ((string, int, int)[])[
            ("2 bytes for 125", 125, 2), ("8 bytes for 125", 125, 8), ("8 bytes for 65535", 65_535, 8)])
        {
            foreach (var opcode in (int[])[Text, Binary])
                yield return Case(
                    $"length {name}, opcode {opcode}", RawSocket.Frame(opcode, Stars(length), lengthBytes: lengthBytes), Broken);
        }

        yield return Case("length 2 bytes for 4, ping", RawSocket.Frame(Ping, "ping"u8, lengthBytes: 2), Broken);
        yield return Case("length 2 bytes for 0, close", RawSocket.Frame(8, ""u8, lengthBytes: 2), Broken);
        yield return Case(
            "length 2 bytes for 4, continuation",
            [.. RawSocket.Frame(Text, "{"u8, More), .. RawSocket.Frame(0, "rest"u8, lengthBytes: 2)], Broken);
        // The rest of the length and the mask need not arrive.
        yield return Case("length with its highest bit", [0x81, 0xff, 0x80], Broken);
        yield return Case("length of all bits", [0x82, 0xff, .. Enumerable.Repeat((byte)0xff, 8)], Broken);
    }

    private static IEnumerable<AutobahnCase> PingsAndPongs()
    {
        byte[] binary = [0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff];
        var longest = Enumerable.Repeat((byte)0xfe, 125).ToArray();
        byte[][] ten = [.. Enumerable.Range(0, 10).Select(i => RawSocket.Frame(Ping, Encoding.ASCII.GetBytes($"payload-{i}")))];
        string[] tenAnswers = [.. Enumerable.Range(0, 10).Select(i => PongOf(Encoding.ASCII.GetBytes($"payload-{i}")))];
        yield return Case("2.1", RawSocket.Frame(Ping, ""u8), PongOf(""u8));
        yield return Case("2.2", RawSocket.Frame(Ping, "Hello, world!"u8), PongOf("Hello, world!"u8));
        yield return Case("2.3", RawSocket.Frame(Ping, binary), PongOf(binary));
        yield return Case("2.4", RawSocket.Frame(Ping, longest), PongOf(longest));
        yield return Case("2.5", RawSocket.Frame(Ping, new byte[126]), Broken);
        yield return new("2.6", Chops(RawSocket.Frame(Ping, longest), 1), [PongOf(longest)]);
        yield return Case("2.7", RawSocket.Frame(Pong, ""u8));
        yield return Case("2.8", RawSocket.Frame(Pong, "unsolicited"u8));
        yield return Case(
            "2.9", [.. RawSocket.Frame(Pong, "unsolicited"u8), .. RawSocket.Frame(Ping, "ping"u8)], PongOf("ping"u8));
        yield return new("2.10", ten, tenAnswers);
        yield return new("2.11", Chops(Join(ten), 1), tenAnswers);
    }

    private static IEnumerable<AutobahnCase> ReservedBits()
    {
        var good = RawSocket.Frame(Text, "Hello, world!"u8);
        var ping = RawSocket.Frame(Ping, ""u8);
        byte[] Reserved(int opcode, int bits) => RawSocket.Frame(opcode, "Hello, world!"u8, flags: 0x80 | bits << 4);
        yield return Case("3.1", Reserved(Text, 4), Broken);
        yield return Case("3.2", [.. good, .. Reserved(Text, 2), .. ping], Taken, Broken);
        yield return new("3.3", [good, Reserved(Text, 3), ping], [Taken, Broken]);
        yield return new("3.4", Chops([.. good, .. Reserved(Text, 1)], 1), [Taken, Broken]);
        yield return Case("3.5", Reserved(Binary, 5), Broken);
        yield return Case("3.6", Reserved(Ping, 6), Broken);
        yield return Case("3.7", RawSocket.Frame(8, ""u8, flags: 0x80 | 7 << 4), Broken);
    }

    private static IEnumerable<AutobahnCase> Opcodes()
    {
        foreach (var (group, first) in ((int, int)[])[(1, 3), (2, 11)])
        {
            var good = RawSocket.Frame(Text, "Hello, world!"u8);
            var ping = RawSocket.Frame(Ping, ""u8);
            yield return Case($"4.{group}.1", RawSocket.Frame(first, ""u8), Broken);
            yield return Case($"4.{group}.2", RawSocket.Frame(first + 1, "reserved opcode payload"u8), Broken);
            yield return Case($"4.{group}.3", [.. good, .. RawSocket.Frame(first + 2, ""u8), .. ping], Taken, Broken);
            yield return new(
                $"4.{group}.4", [good, RawSocket.Frame(first + 3, "reserved opcode payload"u8), ping], [Taken, Broken]);
            yield return new($"4.{group}.5", Chops([.. good, .. RawSocket.Frame(first + 4, "payload"u8)], 1), [Taken, Broken]);
        }
    }

    private static IEnumerable<AutobahnCase> Fragmentation()
    {
        byte[] Part(int opcode, string text, bool isLast) =>
            RawSocket.Frame(opcode, Encoding.ASCII.GetBytes(text), isLast ? 0x80 : More);
        var ping = RawSocket.Frame(Ping, "ping payload"u8);
        var pong = PongOf("ping payload"u8);
        var whole = RawSocket.Frame(Text, "Hello, world!"u8);
        AutobahnCase[] Thrice(int number, byte[][] frames, params string[] answers) =>
        [
            new($"5.{number}", [Join(frames)], answers), new($"5.{number + 1}", frames, answers),
            new($"5.{number + 2}", Chops(Join(frames), 1), answers),
        ];

        yield return Case("5.1", [.. Part(Ping, "fragment1", false), .. Part(0, "fragment2", true)], Broken);
        yield return Case("5.2", [.. Part(Pong, "fragment1", false), .. Part(0, "fragment2", true)], Broken);
        foreach (var one in Thrice(3, [Part(Text, "fragment1", false), Part(0, "fragment2", true)], Taken)) yield return one;
        foreach (var one in Thrice(6, [Part(Text, "fragment1", false), ping, Part(0, "fragment2", true)], pong, Taken))
            yield return one;
        foreach (var one in Thrice(9, [Part(0, "non-continuation payload", true), whole], Broken)) yield return one;
        foreach (var one in Thrice(12, [Part(0, "non-continuation payload", false), whole], Broken)) yield return one;
        byte[][] after =
        [
            Part(Text, "fragment1", false), Part(0, "fragment2", true),
            Part(0, "fragment3", false), Part(Text, "fragment4", true),
        ];
        yield return Case("5.15", Join(after), Taken, Broken);
        byte[][] stray = [Part(0, "fragment1", false), Part(Text, "fragment2", false), Part(0, "fragment3", true)];
        yield return Case("5.16", Join([.. stray, .. stray]), Broken);
        stray = [Part(0, "fragment1", true), Part(Text, "fragment2", false), Part(0, "fragment3", true)];
        yield return Case("5.17", Join([.. stray, .. stray]), Broken);
        yield return Case("5.18", [.. Part(Text, "fragment1", false), .. Part(Text, "fragment2", true)], Broken);
        byte[][] five =
        [
            Part(Text, "fragment1", false), Part(0, "fragment2", false), RawSocket.Frame(Ping, "pongme 1!"u8),
            Part(0, "fragment3", false), Part(0, "fragment4", false), RawSocket.Frame(Ping, "pongme 2!"u8),
            Part(0, "fragment5", true),
        ];
        yield return new("5.19", five, [PongOf("pongme 1!"u8), PongOf("pongme 2!"u8), Taken]);
        yield return new("5.20", Chops(Join(five), 1), [PongOf("pongme 1!"u8), PongOf("pongme 2!"u8), Taken]);
    }

    private static IEnumerable<AutobahnCase> Closing()
    {
        var good = RawSocket.Frame(Text, "Hello, world!"u8);
        var ping = RawSocket.Frame(Ping, ""u8);
        var close = RawSocket.Close(1000);
        byte[] CloseWith(string reason) => RawSocket.Frame(8, [3, 232, .. Encoding.UTF8.GetBytes(reason)]);
        AutobahnCase Close(string number, byte[] bytes, params string[] answers) =>
            new(number, [bytes], answers, ClientCloses: true);

        yield return Close("7.1.1", [.. good, .. close], Taken, "close 1000");
        yield return Close("7.1.2", [.. close, .. close], "close 1000");
        yield return Close("7.1.3", [.. close, .. ping], "close 1000");
        yield return Close("7.1.4", [.. close, .. good], "close 1000");
        yield return Close(
            "7.1.5", [.. RawSocket.Frame(Text, "fragment1"u8, More), .. close, .. RawSocket.Frame(0, "fragment2"u8)],
            "close 1000");
        yield return Close("7.1.6", [.. RawSocket.Frame(Text, Stars(256 << 10)), .. close, .. ping], Taken, "close 1000");
        yield return Close("7.3.1", RawSocket.Frame(8, ""u8), "close 1000");
        yield return Close("7.3.2", RawSocket.Frame(8, "a"u8), Broken);
        yield return Close("7.3.3", close, "close 1000");
        yield return Close("7.3.4", CloseWith("Hello World!"), "close 1000");
        yield return Close("7.3.5", CloseWith(new string('*', 123)), "close 1000");
        yield return Close("7.3.6", CloseWith(new string('*', 124)), Broken);
        yield return Close(
            "7.5.1", RawSocket.Frame(8, [3, 232, .. Convert.FromHexString("cebae1bdb9cf83cebcceb5eda080656469746564")]), Broken);
        int[] codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
        for (var i = 0; i < codes.Length; i++) yield return Close($"7.7.{i + 1}", RawSocket.Close(codes[i]), $"close {codes[i]}");
        codes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
        for (var i = 0; i < codes.Length; i++) yield return Close($"7.9.{i + 1}", RawSocket.Close(codes[i]), Broken);
        yield return Close("7.13.1", RawSocket.Close(5000), Broken);
        yield return Close("7.13.2", RawSocket.Close(65_535), Broken);
    }

    private static IEnumerable<AutobahnCase> Large()
    {
        int[] sizes = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20];
        int[] fragments = [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
        int[] chops = [64, 128, 256, 512, 1024, 2048];
        int[] rounds = [0, 16, 64, 256, 1024, 4096];
        foreach (var (group, opcode, answer) in ((int, int, string)[])[(0, Text, Taken), (1, Binary, "close 1003")])
        {
            for (var i = 0; i < sizes.Length; i++)
                yield return Case($"9.{1 + group}.{i + 1}", RawSocket.Frame(opcode, Stars(sizes[i])), answer);
            for (var i = 0; i < fragments.Length; i++)
                yield return Case($"9.{3 + group}.{i + 1}", Fragments(opcode, Stars(4 << 20), fragments[i]), answer);
            for (var i = 0; i < chops.Length; i++)
                yield return new($"9.{5 + group}.{i + 1}", Chops(RawSocket.Frame(opcode, Stars(1 << 20)), chops[i]), [answer]);
            for (var i = 0; i < rounds.Length; i++)
            {
                var message = RawSocket.Frame(opcode, Stars(rounds[i]));
                // A binary message is refused at its first frame.
                var count = opcode == Text ? 1_000 : 1;
                yield return new(
                    string.Create(CultureInfo.InvariantCulture, $"9.{7 + group}.{i + 1}"), [.. Enumerable.Repeat(message, count)],
                    [.. Enumerable.Repeat(answer, count)], InTurns: true);
            }
        }

        yield return Case("10.1.1", Fragments(Text, Stars(65_536), 1_300), Taken);
    }
}
