using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>Links between documentation pages point to existing files and headings.</summary>
public sealed partial class LinksTests
{
    public static TheoryData<string> Pages() =>
    [
        .. new[] { ".", "docs", "docs/adr" }
            .SelectMany(folder => Directory.EnumerateFiles(PathOf(folder), "*.md"))
            .Select(file => Path.GetRelativePath(PathOf("."), file)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(PathOf(page))!;
        var broken = Link().Matches(File.ReadAllText(PathOf(page)))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Exists(target.Split('#', 2)));
        Assert.Empty(broken);

        bool Exists(string[] target)
        {
            var path = target[0].Length == 0 ? PathOf(page) : Path.Combine(folder, target[0]);
            if (!File.Exists(path) && !Directory.Exists(path)) return false;
            return target.Length == 1 || File.ReadLines(path).Any(line => Anchor(line) == target[1]);
        }
    }

    /// <summary>The anchor that GitHub generates for a heading.</summary>
    private static string? Anchor(string line) => Heading().Match(line) is { Success: true } heading
        ? Punctuation().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')
        : null;

    private static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../..", file));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex Punctuation();
}
