namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The grid's schedules and the clock that runs them. The rows are the truth: should there be two of it for a moment, each run is
/// still carried out once. Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.IScheduleGrain")]
public interface IScheduleGrain : IGrainWithIntegerKey
{
    /// <summary>One page, newest first.</summary>
    [Alias("ListAsync"), AnySilo]
    Task<SchedulePage> ListAsync(ScheduleQuery query);

    [Alias("GetAsync"), AnySilo]
    Task<Schedule?> GetAsync(long id);

    /// <summary>Makes a schedule, which is active at once.</summary>
    [Alias("CreateAsync"), AnySilo]
    Task<Schedule> CreateAsync(ScheduleDraft draft, string createdBy);

    /// <summary>Replaces the draft; the next run is counted from now. A finished schedule becomes active again, a paused one
    /// stays paused. Null: no such schedule.</summary>
    [Alias("ReplaceAsync"), AnySilo]
    Task<Schedule?> ReplaceAsync(long id, ScheduleDraft draft);

    /// <summary>Deletes the schedule and the history of its runs.</summary>
    [Alias("DeleteAsync"), AnySilo]
    Task<bool> DeleteAsync(long id);

    /// <summary>Answers the schedule as it then is; not paused when it was finished. Null: there is none.</summary>
    [Alias("PauseAsync"), AnySilo]
    Task<Schedule?> PauseAsync(long id);

    /// <summary>Returns the schedule as it then is; not active when no run is to come. Runs that were due during the pause are
    /// not missed. Null: no such schedule.</summary>
    [Alias("ResumeAsync"), AnySilo]
    Task<Schedule?> ResumeAsync(long id);

    /// <summary>Sends the notification now, whatever the schedule's status, and does not move its next run. Null: no such
    /// schedule.</summary>
    [Alias("RunAsync"), AnySilo]
    Task<ScheduleRun?> RunAsync(long id);

    /// <summary>One page of the history, newest first; null: there is no such schedule.</summary>
    [Alias("RunsAsync"), AnySilo]
    Task<ScheduleRunPage?> RunsAsync(long id, int page, int limit);

    /// <summary>Every silo calls it again and again, so that there is a clock somewhere.</summary>
    [Alias("WakeAsync")]
    Task WakeAsync();
}
