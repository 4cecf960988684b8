using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Docs;

/// <summary>The documentation pages, as paths relative to the checkout.</summary>
public static class DocumentationPages
{
    public static TheoryData<string> All() =>
    [
        .. new[] { ".", "docs", "docs/adr" }
            .SelectMany(folder => Directory.EnumerateFiles(Checkout.PathOf(folder), "*.md"))
            .Select(file => Path.GetRelativePath(Checkout.Root, file)),
    ];
}
