namespace NotifyHub.GrainInterfaces;

/// <summary>Why a run was due.</summary>
public static class RunCause
{
    public const string Schedule = "schedule";
    public const string CatchUp = "catch_up";
    public const string Manual = "manual";
}
