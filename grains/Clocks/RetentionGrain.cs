using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using Orleans.Storage;

namespace NotifyHub.Grains.Clocks;

/// <summary>One for the grid, so that all silos delete by one time; stored, so that it outlives them.</summary>
[GrainType("retention")]
public sealed partial class RetentionGrain(
    [PersistentState("retention")] IPersistentState<RetentionState> stored,
    IOptions<SiloOptions> options,
    TimeProvider time,
    ILogger<RetentionGrain> logger) : Grain, IRetentionGrain
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxTolerance = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinTolerance = TimeSpan.FromMinutes(1);

    private RetentionClock? _clock;
    private bool _isDoubting;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Where little time is retained, little is too much.
        var tolerance = options.Value.RetentionAge / 4;
        tolerance = tolerance > MaxTolerance ? MaxTolerance : tolerance < MinTolerance ? MinTolerance : tolerance;
        _clock = new RetentionClock(time, tolerance, stored.RecordExists ? stored.State : null);
        this.RegisterGrainTimer(KeepAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Interval) { KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task<DateTimeOffset> NowAsync()
    {
        var now = _clock!.Read();
        var isDoubting = _clock.Ahead > TimeSpan.Zero;
        if (isDoubting && !_isDoubting) LogHeld(_clock.Ahead, RetentionClock.ConfirmAfter - _clock.State.Doubted);
        else if (!isDoubting && _isDoubting) LogGoesOn();
        _isDoubting = isDoubting;
        return Task.FromResult(now);
    }

    private async Task KeepAsync(CancellationToken cancellation)
    {
        await NowAsync();
        try
        {
            stored.State = _clock!.State;
            await stored.WriteStateAsync(cancellation);
        }
        catch (Exception fault) when (fault is not InconsistentStateException)
        {
            // The next time will do: a gap of some minutes is within the tolerance.
            LogNotStored(fault.Message);
        }
    }

    [LoggerMessage(901, LogLevel.Warning,
        "The clock is {Ahead} ahead of its last known time: it jumped, or nothing ran for that long. Deletion by age continues "
        + "from the last known time, and follows the clock if it stays ahead for another {Wait}")]
    private partial void LogHeld(TimeSpan ahead, TimeSpan wait);

    [LoggerMessage(902, LogLevel.Information, "Deletion by age follows the clock again")]
    private partial void LogGoesOn();

    [LoggerMessage(903, LogLevel.Warning, "The progress of deletion by age could not be stored: {Error}")]
    private partial void LogNotStored(string error);
}
