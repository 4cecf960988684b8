using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>The source files that the documentation names exist.</summary>
public sealed partial class FilesTests
{
    private static readonly string[] SourceFolders =
        ["gateway", "grains", "grain-interfaces", "hosting", "silo", "telemetry", "console", "tests", "kit", "bench"];

    private static readonly Lazy<HashSet<string>> FileNames = new(() =>
    [
        .. SourceFolders.SelectMany(folder => Directory.EnumerateFiles(PathOf(folder), "*.*", SearchOption.AllDirectories))
            .Select(file => Path.GetFileName(file)),
    ]);

    public static TheoryData<string> Pages() =>
    [
        .. new[] { ".", "docs", "docs/adr" }
            .SelectMany(folder => Directory.EnumerateFiles(PathOf(folder), "*.md"))
            .Select(file => Path.GetRelativePath(PathOf("."), file)),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_source_file_that_is_named_exists(string page)
    {
        var missing = Named().Matches(File.ReadAllText(PathOf(page)))
            .Select(match => match.Groups[1].Value)
            .Where(name => name.Contains('/', StringComparison.Ordinal) ? !Exists(name) : !FileNames.Value.Contains(name));
        Assert.Empty(missing);
    }

    /// <summary>Whether the path exists, relative to the repository's root or to a project's folder.</summary>
    private static bool Exists(string path) =>
        File.Exists(PathOf(path)) || SourceFolders.Any(folder => File.Exists(PathOf(Path.Combine(folder, path))));

    private static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../..", file));

    [GeneratedRegex(@"`([\w./-]+\.(?:cs|razor|csproj|sql))`")]
    private static partial Regex Named();
}
