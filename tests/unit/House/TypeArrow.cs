namespace NotifyHub.UnitTests.House;

/// <summary>One type refers to another.</summary>
internal readonly record struct TypeArrow(TypeName From, TypeName To)
{
    public override string ToString() => $"{From} -> {To}";
}
