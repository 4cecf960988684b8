namespace NotifyHub.UnitTests.House;

/// <summary>A type and its folder.</summary>
/// <param name="Folder">Relative to the project; empty for its root.</param>
internal readonly record struct TypeName(string Folder, string Name)
{
    public override string ToString() => Folder.Length == 0 ? Name : $"{Folder}/{Name}";
}
