namespace NotifyHub.GrainInterfaces;

/// <summary>The priorities of the contract, lowest first.</summary>
public static class Priority
{
    public const string Normal = "normal";

    public static readonly IReadOnlyList<string> All = ["low", Normal, "high"];
}
