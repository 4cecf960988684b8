using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Schedules;

/// <summary>The grid's schedules and the one clock that runs them. Reentrant, so that reads do not wait for what is being
/// sent.</summary>
[Reentrant, GrainType("schedule")]
public sealed partial class ScheduleGrain(
    ScheduleStore store, Scheduler scheduler, TimeProvider time, ILogger<ScheduleGrain> logger)
    : Grain, IScheduleGrain
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    // Other writers of the rows (another activation, for a moment) do not notify this one.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan SetBack = TimeSpan.FromSeconds(1);

    // Runs are due by the time of day, but the time since the last look is measured: a clock that is set back must not delay it.
    private readonly ClockSteps _clock = new(time);
    private DateTimeOffset _nextAt;
    private long _lookedAt;
    private TimeSpan _lookAfter;

    // Also at the beginning: the clock may have been set back while no activation was running.
    private bool _mustRewind = true;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(Period, Period) { Interleave = true, KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task<SchedulePage> ListAsync(ScheduleQuery query) => store.ListAsync(query);

    public Task<Schedule?> GetAsync(long id) => store.GetAsync(id);

    public Task<Schedule> CreateAsync(ScheduleDraft draft, string createdBy) => ThenWakeAsync(store.AddAsync(draft, createdBy));

    public Task<Schedule?> ReplaceAsync(long id, ScheduleDraft draft) => ThenWakeAsync(store.ReplaceAsync(id, draft));

    public Task<bool> DeleteAsync(long id) => store.DeleteAsync(id);

    public Task<Schedule?> PauseAsync(long id) => store.PauseAsync(id);

    public Task<Schedule?> ResumeAsync(long id) => ThenWakeAsync(store.ResumeAsync(id));

    public async Task<ScheduleRun?> RunAsync(long id) => await store.ClaimByHandAsync(id) is { } open
        ? await scheduler.RunNowAsync(open, PublishAsync, CancellationToken.None)
        : null;

    public Task<ScheduleRunPage?> RunsAsync(long id, int page, int limit) => store.RunsAsync(id, page, limit);

    public Task WakeAsync() => Task.CompletedTask;

    private async Task TickAsync(CancellationToken cancellation)
    {
        if (_clock.Next() < -SetBack) _mustRewind = true;
        if (!_mustRewind && time.GetUtcNow() < _nextAt && time.GetElapsedTime(_lookedAt) < _lookAfter) return;
        // Set before, and only ever brought forward after: who adds a schedule meanwhile must not be forgotten.
        (_nextAt, _lookedAt, _lookAfter) = (DateTimeOffset.MaxValue, time.GetTimestamp(), LookAgain);
        try
        {
            if (_mustRewind) await scheduler.RewindAsync(cancellation);
            _mustRewind = false;
            var next = await scheduler.RunDueAsync(PublishAsync, cancellation);
            if (next < _nextAt) _nextAt = next;
        }
        catch (Exception fault) when (fault is StorageUnavailableException or OperationCanceledException)
        {
            LogPutOff(fault.Message);
            (_nextAt, _lookAfter) = (DateTimeOffset.MaxValue, RetryAfter);
        }
    }

    private Task<PublishResult> PublishAsync(PublishBatch batch) =>
        GrainFactory.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel)).PublishAsync(batch);

    private async Task<T> ThenWakeAsync<T>(Task<T> change)
    {
        var result = await change;
        _nextAt = default;
        return result;
    }

    [LoggerMessage(1001, LogLevel.Warning, "Schedules are postponed: {Error}")]
    private partial void LogPutOff(string error);
}
