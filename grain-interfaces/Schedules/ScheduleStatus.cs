namespace NotifyHub.GrainInterfaces;

public static class ScheduleStatus
{
    public const string Active = "active";
    public const string Paused = "paused";

    /// <summary>Will not run any more.</summary>
    public const string Finished = "finished";

    public static readonly IReadOnlyList<string> All = [Active, Paused, Finished];
}
