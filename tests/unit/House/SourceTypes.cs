using System.Text.RegularExpressions;

namespace NotifyHub.UnitTests.House;

/// <summary>Maps each type of a project to the folder that declares it.</summary>
internal sealed partial class SourceTypes
{
    private readonly Dictionary<(string Space, string Name), string> _folders = [];

    /// <param name="project">The project's folder.</param>
    /// <param name="root">The project's root namespace.</param>
    public SourceTypes(string project, string root)
    {
        foreach (var file in Directory.EnumerateFiles(project, "*.*", SearchOption.AllDirectories))
        {
            var folder = Path.GetRelativePath(project, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '/');
            if (folder == ".") folder = "";
            if (folder.Split('/')[0] is "bin" or "obj") continue;
            if (Path.GetExtension(file) == ".cs") AddTypes(File.ReadAllText(file), folder);
            if (Path.GetExtension(file) == ".razor") AddComponent(Path.GetFileNameWithoutExtension(file), folder, root);
        }

        // The class of top-level statements.
        _folders[("", "Program")] = "";
    }

    /// <summary>The folder, empty for the project's root; null if no source file declares the type.</summary>
    public string? FolderOf(string space, string name) => _folders.GetValueOrDefault((space, name.Split('`')[0]));

    private void AddTypes(string source, string folder)
    {
        var space = Namespace().Match(source).Groups[1].Value;
        foreach (Match type in Declaration().Matches(source)) _folders[(space, type.Groups[1].Value)] = folder;
    }

    private void AddComponent(string name, string folder, string root) =>
        _folders[(folder.Length == 0 ? root : $"{root}.{folder.Replace('/', '.')}", name)] = folder;

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>Top-level types only: they begin at the start of a line.</summary>
    [GeneratedRegex(
        @"^(?:(?:public|internal|file|sealed|static|abstract|readonly|partial|unsafe|ref) )*"
            + @"(?:class|record struct|record|struct|interface|enum|delegate [\w<>\[\]?.]+) (\w+)",
        RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
