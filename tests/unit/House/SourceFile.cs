using System.Text.RegularExpressions;

namespace NotifyHub.UnitTests.House;

/// <summary>A C# or Razor file of a project, read as text.</summary>
internal sealed partial class SourceFile
{
    /// <param name="project">The project's folder.</param>
    /// <param name="root">The project's root namespace.</param>
    /// <param name="path">The file, in the project's folder.</param>
    public SourceFile(string project, string root, string path)
    {
        Path = System.IO.Path.GetRelativePath(project, path).Replace(System.IO.Path.DirectorySeparatorChar, '/');
        Folder = Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";
        Noun = System.IO.Path.GetFileName(path).Split('.')[0];
        IsRazor = System.IO.Path.GetExtension(path) == ".razor";
        var text = Comment().Replace(File.ReadAllText(path), "");
        Space = IsRazor
            ? Folder.Length == 0 ? root : $"{root}.{Folder.Replace('/', '.')}"
            : Namespace().Match(text).Groups[1].Value;
        Types = IsRazor ? [Noun] : [.. Declaration().Matches(text).Select(match => match.Groups[1].Value).Distinct()];
        Imports = [.. Import().Matches(text).Select(match => match.Groups[1].Value)];
        var members = Member().Matches(text).Select(match => match.Value);
        Mentions = [.. Mention().Matches(text).Select(match => match.Value).Except(members)];
    }

    /// <summary>Relative to the project.</summary>
    public string Path { get; }

    /// <summary>Relative to the project; empty for its root.</summary>
    public string Folder { get; }

    /// <summary>The type that the file is named for: its name up to the first dot.</summary>
    public string Noun { get; }

    public bool IsRazor { get; }

    public string Space { get; }

    /// <summary>The top-level types; none in a file of top-level statements.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>The namespaces of the using directives.</summary>
    public IReadOnlyList<string> Imports { get; }

    /// <summary>Names that may be types of which the compiler leaves no trace: those in front of a member, which may be a
    /// constant, and those in <c>nameof</c> and <c>typeof</c>. Names that the file gives to members are left out.</summary>
    public IReadOnlyList<string> Mentions { get; }

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>Top-level types only: they begin at the start of a line.</summary>
    [GeneratedRegex(
        @"^(?:\[.*\] )?(?:(?:public|internal|file|sealed|static|abstract|readonly|partial|unsafe|ref) )*"
            + @"(?:class|record struct|record class|record|struct|interface|enum|delegate [\w<>\[\]?., ]+?) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^@?using ([\w.]+);?\s*$", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(?=\.[A-Z])|(?<=\b(?:nameof|typeof)\()[A-Z]\w*")]
    private static partial Regex Mention();

    /// <summary>A name behind a type: of a property, field or parameter.</summary>
    [GeneratedRegex(@"(?<=[\w>?\]] )[A-Z]\w*(?=\s*(?:[,);{]|=(?!=)))")]
    private static partial Regex Member();
}
