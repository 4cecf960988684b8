namespace NotifyHub.UnitTests.House;

/// <summary>A type and the folder that it is in.</summary>
/// <param name="Folder">In the project; empty for the project's own.</param>
internal readonly record struct TypeName(string Folder, string Name)
{
    public override string ToString() => Folder.Length == 0 ? Name : $"{Folder}/{Name}";
}
