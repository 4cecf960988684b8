using System.Text;
using NotifyHub.TestKit;
using static NotifyHub.ProcessTests.AutobahnCases;

namespace NotifyHub.ProcessTests;

/// <summary>Autobahn's cases 6: valid and invalid UTF-8, which must be detected as early as possible.</summary>
internal static class AutobahnTexts
{
    private const int Text = 1;
    private const int More = 0;
    private const string Invalid = "close 1007";
    private const string Kosme = "cebae1bdb9cf83cebcceb5";

    public static IEnumerable<AutobahnCase> All() => [.. Fragments(), .. EarlyFailures(), .. Sequences()];

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);

    private static IEnumerable<AutobahnCase> Fragments()
    {
        var umlauts = Encoding.UTF8.GetBytes("Hello-µ@ßöäüàá-UTF-8!!");
        var broken = Hex(Kosme + "eda080656469746564");
        yield return Case("6.1.1", RawSocket.Frame(Text, ""u8), Taken);
        yield return Case(
            "6.1.2", [.. RawSocket.Frame(Text, ""u8, More), .. RawSocket.Frame(0, ""u8, More), .. RawSocket.Frame(0, ""u8)],
            Taken);
        yield return Case(
            "6.1.3",
            [
                .. RawSocket.Frame(Text, ""u8, More), .. RawSocket.Frame(0, "middle frame payload"u8, More),
                .. RawSocket.Frame(0, ""u8),
            ],
            Taken);
        yield return Case("6.2.1", RawSocket.Frame(Text, umlauts), Taken);
        yield return Case(
            "6.2.2", [.. RawSocket.Frame(Text, umlauts.AsSpan(0, 12), More), .. RawSocket.Frame(0, umlauts.AsSpan(12))], Taken);
        yield return Case("6.2.3", AutobahnCases.Fragments(Text, umlauts, 1), Taken);
        yield return Case("6.2.4", AutobahnCases.Fragments(Text, Hex(Kosme), 1), Taken);
        yield return Case("6.3.1", RawSocket.Frame(Text, broken), Invalid);
        yield return Case("6.3.2", AutobahnCases.Fragments(Text, broken, 1), Invalid);
    }

    /// <summary>The rest of the message is never sent, so the error must be found before it.</summary>
    private static IEnumerable<AutobahnCase> EarlyFailures()
    {
        var rest = Hex("8080656469746564");
        byte[] Part(int opcode, string hex) => RawSocket.Frame(opcode, Hex(hex), More);
        yield return new("6.4.1", [Part(Text, Kosme), Part(0, "f4908080")], [Invalid]);
        yield return new("6.4.2", [Part(Text, Kosme + "f4"), Part(0, "90")], [Invalid]);
        var frame = RawSocket.Frame(Text, [.. Hex(Kosme), 0xf4, 0x90, .. rest]);
        var begun = frame.Length - rest.Length;
        yield return new("6.4.3", [frame[..(begun - 2)], frame[(begun - 2)..(begun + 2)]], [Invalid]);
        yield return new("6.4.4", [frame[..(begun - 1)], frame[(begun - 1)..begun]], [Invalid]);
    }

    private static IEnumerable<AutobahnCase> Sequences()
    {
        (string Good, string[] Texts)[] groups =
        [
            ("+", ["68656c6c6f24776f726c64", "68656c6c6fc2a2776f726c64", "68656c6c6fe282ac776f726c64",
                "68656c6c6ff0a4ada2776f726c64", Kosme]),
            ("-+--+-+-+-+", [.. Enumerable.Range(1, 11).Select(bytes => Kosme[..(2 * bytes)])]),
            ("+", ["00", "c280", "e0a080", "f0908080"]),
            ("-", ["f888808080", "fc8480808080"]),
            ("+", ["7f", "dfbf", "efbfbf", "f48fbfbf"]),
            ("-", ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"]),
            ("++++-", ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"]),
            ("-", ["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", Range(0x80, 0xbe, "")]),
            ("-", [Range(0xc0, 0xdf, "20"), Range(0xe0, 0xef, "20"), Range(0xf0, 0xf7, "20"), Range(0xf8, 0xfb, "20"),
                Range(0xfc, 0xfd, "20")]),
            ("-", ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"]),
            ("-", ["c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"]),
            ("-", ["fe", "ff", "fefeffff"]),
            ("-", ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"]),
            ("-", ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"]),
            ("-", ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"]),
            ("-", ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"]),
            ("-",
            [
                .. from high in (string[])["eda080", "edadbf", "edae80", "edafbf"]
                   from low in (string[])["edb080", "edbfbf"]
                   select high + low,
            ]),
            ("+",
            [
                "efbfbe", "efbfbf",
                .. from plane in Enumerable.Range(1, 16)
                   from last in (int[])[0xfffe, 0xffff]
                   select Encoded(plane << 16 | last),
            ]),
            ("+", [.. Enumerable.Range(0xb9, 7).Select(last => $"efbf{last:x2}")]),
        ];
        for (var group = 0; group < groups.Length; group++)
        {
            var (good, texts) = groups[group];
            for (var i = 0; i < texts.Length; i++)
                yield return Case(
                    $"6.{group + 5}.{i + 1}", RawSocket.Frame(Text, Hex(texts[i])),
                    good[i % good.Length] == '+' ? Taken : Invalid);
        }
    }

    private static string Range(int first, int last, string between) =>
        string.Concat(Enumerable.Range(first, last - first + 1).Select(value => $"{value:x2}{between}"));

    private static string Encoded(int codePoint) =>
        Convert.ToHexStringLower(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint)));
}
