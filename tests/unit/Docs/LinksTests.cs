using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>Links between documentation pages point to existing files and headings.</summary>
public sealed partial class LinksTests
{
    [Theory]
    [MemberData(nameof(DocumentationPages.All), MemberType = typeof(DocumentationPages))]
    public void Every_link_leads_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Checkout.PathOf(page))!;
        var broken = Link().Matches(Checkout.Read(page))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Exists(target.Split('#', 2)));
        Assert.Empty(broken);

        bool Exists(string[] target)
        {
            var path = target[0].Length == 0 ? Checkout.PathOf(page) : Path.Combine(folder, target[0]);
            if (!File.Exists(path) && !Directory.Exists(path)) return false;
            return target.Length == 1 || File.ReadLines(path).Any(line => Anchor(line) == target[1]);
        }
    }

    /// <summary>The anchor that GitHub generates for a heading.</summary>
    private static string? Anchor(string line) => Heading().Match(line) is { Success: true } heading
        ? Punctuation().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-')
        : null;

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex Punctuation();
}
