using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>The source files that the documentation names exist.</summary>
public sealed partial class FilesTests
{
    private static readonly string[] SourceFolders =
        ["gateway", "grains", "grain-interfaces", "hosting", "silo", "telemetry", "console", "tests", "kit", "bench"];

    private static readonly Lazy<HashSet<string>> FileNames = new(() =>
    [
        .. SourceFolders
            .SelectMany(folder => Directory.EnumerateFiles(Checkout.PathOf(folder), "*.*", SearchOption.AllDirectories))
            .Select(file => Path.GetFileName(file)),
    ]);

    [Theory]
    [MemberData(nameof(DocumentationPages.All), MemberType = typeof(DocumentationPages))]
    public void Every_source_file_that_is_named_exists(string page)
    {
        var missing = Named().Matches(Checkout.Read(page))
            .Select(match => match.Groups[1].Value)
            .Where(name => name.Contains('/', StringComparison.Ordinal) ? !Exists(name) : !FileNames.Value.Contains(name));
        Assert.Empty(missing);
    }

    /// <summary>Whether the path exists, relative to the repository's root or to a project's folder.</summary>
    private static bool Exists(string path) =>
        Checkout.Has(path) || SourceFolders.Any(folder => Checkout.Has(Path.Combine(folder, path)));

    [GeneratedRegex(@"`([\w./-]+\.(?:cs|razor|csproj|sql))`")]
    private static partial Regex Named();
}
