namespace NotifyHub.GrainInterfaces;

/// <summary>The severities of the contract, mildest first.</summary>
public static class Severity
{
    public const string Info = "info";

    public static readonly IReadOnlyList<string> All = [Info, "success", "warning", "error", "critical"];
}
