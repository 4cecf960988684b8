using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Schedules;

/// <summary>What is to become of a schedule that is due.</summary>
/// <param name="Schedule">As it was read.</param>
/// <param name="Next">Null: it is finished.</param>
public sealed record ScheduleClaim(Schedule Schedule, IReadOnlyList<PlannedRun> Runs, DateTimeOffset? Next);
