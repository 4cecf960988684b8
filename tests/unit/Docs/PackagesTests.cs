using System.Text.Json;
using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>Every package in the lock files has a known licence, and every preview version a reason.</summary>
public sealed partial class PackagesTests
{
    // Licences that allow use, modification and sale, with conditions at most on changes to the package itself.
    private static readonly string[] Permissive = ["MIT", "Apache-2.0", "BSD-3-Clause", "PostgreSQL", "MPL-2.0"];

    private static readonly Package[] Packages = [.. LockFiles().SelectMany(Locked).Distinct()];

    [Fact]
    public void The_licence_list_has_exactly_the_locked_packages() =>
        // If this fails, run scripts/licences to rewrite the list.
        Assert.Equal(
            Packages.Select(package => package.Name).Distinct().Order(StringComparer.OrdinalIgnoreCase),
            Rows().Select(row => row.Name).Order(StringComparer.OrdinalIgnoreCase));

    [Fact]
    public void Every_licence_is_permissive() =>
        Assert.All(Rows(), row => Assert.Contains(row.Licence, Permissive));

    [Fact]
    public void Every_preview_has_its_reason_in_a_decision()
    {
        var decisions = string.Concat(Directory.EnumerateFiles(Checkout.PathOf("docs/adr"), "*.md").Select(File.ReadAllText));

        Assert.All(
            Packages.Where(package => package.Version.Contains('-', StringComparison.Ordinal)),
            package => Assert.Contains($"`{package.Name}`", decisions, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_has_a_lock_file() => Assert.All(
        Files("*.csproj"),
        project => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json")), project));

    private static IEnumerable<Package> Locked(string file) =>
        from framework in JsonElement.Parse(File.ReadAllBytes(file)).GetProperty("dependencies").EnumerateObject()
        from package in framework.Value.EnumerateObject()
        where package.Value.GetProperty("type").GetString() != "Project"
        select new Package(package.Name, package.Value.GetProperty("resolved").GetString()!);

    private static IEnumerable<(string Name, string Licence)> Rows() =>
        from line in File.ReadLines(Checkout.PathOf("docs/licences.md"))
        let row = Row().Match(line)
        where row.Success && row.Groups[1].Value is not "Package" and not "---"
        select (row.Groups[1].Value, row.Groups[2].Value);

    private static IEnumerable<string> LockFiles() => Files("packages.lock.json");

    private static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Checkout.Root, pattern, SearchOption.AllDirectories)
            .Where(file => !OfABuild().IsMatch(file));

    private sealed record Package(string Name, string Version);

    [GeneratedRegex(@"^\| ?([^| ]+) ?\| ?([^|]*?) ?\|")]
    private static partial Regex Row();

    [GeneratedRegex(@"[\\/](obj|bin|artifacts|node_modules)[\\/]")]
    private static partial Regex OfABuild();
}
