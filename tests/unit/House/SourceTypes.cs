namespace NotifyHub.UnitTests.House;

/// <summary>The source of a project: its files, and the folder that declares each type.</summary>
internal sealed class SourceTypes
{
    private readonly Dictionary<(string Space, string Name), string> _folders = [];

    /// <param name="project">The project's folder.</param>
    /// <param name="root">The project's root namespace.</param>
    public SourceTypes(string project, string root)
    {
        Files =
        [
            .. Directory.EnumerateFiles(project, "*.*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".cs" or ".razor")
                .Where(file => Path.GetRelativePath(project, file).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
                .Select(file => new SourceFile(project, root, file)),
        ];
        foreach (var file in Files)
            foreach (var type in file.Types) _folders[(file.Space, type)] = file.Folder;

        // The class of top-level statements.
        _folders[("", "Program")] = "";
    }

    public IReadOnlyList<SourceFile> Files { get; }

    /// <summary>The folder, empty for the project's root; null if no source file declares the type.</summary>
    public string? FolderOf(string space, string name) => _folders.GetValueOrDefault((space, name.Split('`')[0]));

    /// <summary>The references that the source shows and the assembly may not: to constants, which are inlined, and to names.
    /// A name that several types have is left out.</summary>
    public IEnumerable<TypeArrow> Mentions()
    {
        var once = _folders.GroupBy(type => type.Key.Name, type => new TypeName(type.Value, type.Key.Name))
            .Where(types => types.Count() == 1).ToDictionary(types => types.Key, types => types.Single());
        return
            from file in Files
            from type in file.Types
            from mention in file.Mentions
            where mention != type && once.ContainsKey(mention)
            select new TypeArrow(new TypeName(file.Folder, type), once[mention]);
    }
}
