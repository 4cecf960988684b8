namespace NotifyHub.GrainInterfaces;

/// <summary>What becomes of runs whose time passed while the grid was away.</summary>
public static class MissedRuns
{
    /// <summary>Recorded, and not sent.</summary>
    public const string Skip = "skip";

    /// <summary>Each is sent once, when the grid is back.</summary>
    public const string CatchUp = "catch_up";

    public static readonly IReadOnlyList<string> All = [Skip, CatchUp];
}
