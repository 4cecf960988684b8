namespace NotifyHub.GrainInterfaces;

/// <summary>
/// The grid's schedules and the clock that runs them. The rows are the truth: should there be two of it for a moment, each run is still
/// carried out once. Key: <see cref="GrainKeys.Only"/>.
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

    /// <summary>Replaces what is asked for; the next run is counted from now. A finished schedule is active again, a paused one stays
    /// paused. Null: there is none.</summary>
    [Alias("ReplaceAsync"), AnySilo]
    Task<Schedule?> ReplaceAsync(long id, ScheduleDraft draft);

    /// <summary>Deletes the schedule and the history of its runs.</summary>
    [Alias("DeleteAsync"), AnySilo]
    Task<bool> DeleteAsync(long id);

    /// <summary>Answers the schedule as it then is; not paused when it was finished. Null: there is none.</summary>
    [Alias("PauseAsync"), AnySilo]
    Task<Schedule?> PauseAsync(long id);

    /// <summary>Answers the schedule as it then is; not active when no run is to come. What fell into the pause is not missed. Null:
    /// there is none.</summary>
    [Alias("ResumeAsync"), AnySilo]
    Task<Schedule?> ResumeAsync(long id);

    /// <summary>Sends the notification now, whatever the schedule's status, and does not move its next run. Null: there is none.</summary>
    [Alias("RunAsync"), AnySilo]
    Task<ScheduleRun?> RunAsync(long id);

    /// <summary>One page of the history, newest first; null: there is no such schedule.</summary>
    [Alias("RunsAsync"), AnySilo]
    Task<ScheduleRunPage?> RunsAsync(long id, int page, int limit);

    /// <summary>Every silo calls it again and again, so that there is a clock somewhere.</summary>
    [Alias("WakeAsync")]
    Task WakeAsync();
}

/// <param name="Status">One of <see cref="ScheduleStatus"/>, or null for all.</param>
/// <param name="Search">Part of the name or the notification's title, without regard to (ASCII) case; null for all.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleQuery")]
public sealed record ScheduleQuery(
    [property: Id(0)] string? Status,
    [property: Id(1)] string? Search,
    [property: Id(2)] int Page,
    [property: Id(3)] int Limit);

/// <param name="Total">How many match in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.SchedulePage")]
public sealed record SchedulePage(
    [property: Id(0)] Schedule[] Schedules,
    [property: Id(1)] long Total);

/// <param name="Total">How many there are in all.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.ScheduleRunPage")]
public sealed record ScheduleRunPage(
    [property: Id(0)] ScheduleRun[] Runs,
    [property: Id(1)] long Total);
