namespace NotifyHub.Grains.Storage.Migrations;

/// <summary>A numbered SQL script beside this file. What was once released never changes; a new script follows it.</summary>
internal sealed record Migration(string Name, string Sql)
{
    /// <summary>All scripts of a folder, in the order of their numbers.</summary>
    public static IReadOnlyList<Migration> For(string folder)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = $"{typeof(Migration).Namespace}.{folder}.";
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => new Migration(name[prefix.Length..^".sql".Length], Read(name))),
        ];

        string Read(string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        }
    }
}
