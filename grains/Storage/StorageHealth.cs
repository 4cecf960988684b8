using Microsoft.Extensions.Logging;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// What the reads and commits of the last seconds came to, and the log lines when that changes. A fault that a retry may cure is
/// an error until the next success, and a warning for 10 s after it; one that an operator has to fix stays one for that long,
/// because other writes may still succeed (a full disk takes small ones, a damaged page concerns one table).
/// </summary>
public sealed partial class StorageHealth
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Outcome[] _outcomes;

    public StorageHealth(TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        _outcomes = [.. Enum.GetValues<StorageUse>().Select(_ => new Outcome())];
        _outcomes[(int)StorageUse.Commit].SucceededAt = time.GetTimestamp();
    }

    /// <summary>Null: the database does what it is asked for. Otherwise the error, safe to show to an operator.</summary>
    public string? Error => _outcomes.Select(ErrorOf).LastOrDefault(fault => fault is not null)?.ToString();

    /// <summary>What failed in the last seconds and works again, or what the operator has permitted; null: nothing.</summary>
    public string? Warning => _outcomes.Select(RecentOf).LastOrDefault(fault => fault is not null) is { } fault
        ? $"A moment ago: {fault}"
        : NotDurable;

    /// <summary>Set when the operator has permitted a database that may lose what it acknowledged: why it may.</summary>
    public string? NotDurable { get; set; }

    /// <summary>Faults are not logged: while the process starts, its last line of output reports them.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>How long ago something was committed, or the process began.</summary>
    public TimeSpan SinceCommit => _time.GetElapsedTime(Volatile.Read(ref _outcomes[(int)StorageUse.Commit].SucceededAt));

    public void Succeeded(StorageUse use)
    {
        var outcome = _outcomes[(int)use];
        Volatile.Write(ref outcome.SucceededAt, _time.GetTimestamp());
        if (!outcome.IsFailing) return;
        bool wasLogged;
        lock (outcome)
        {
            if (!outcome.IsFailing) return;
            outcome.IsFailing = false;
            (wasLogged, outcome.IsLogged) = (outcome.IsLogged, false);
        }

        if (wasLogged) LogRecovered(use);
    }

    public void Failed(StorageUse use, StorageFault fault, Exception cause)
    {
        var outcome = _outcomes[(int)use];
        var now = _time.GetTimestamp();
        lock (outcome)
        {
            // A fault of one table fails and succeeds by turns with the other tables: no line per turn.
            var isNews = outcome.Fault != fault || (fault.Passes && !outcome.IsFailing)
                || _time.GetElapsedTime(outcome.LoggedAt, now) >= LogInterval;
            (outcome.Fault, outcome.FailedAt, outcome.IsFailing) = (fault, now, true);
            if (!isNews) return;
            (outcome.LoggedAt, outcome.IsLogged) = (now, !IsQuiet);
        }

        if (!IsQuiet) LogFailed(cause, use, fault.ToString());
    }

    private StorageFault? ErrorOf(Outcome outcome)
    {
        lock (outcome)
        {
            return outcome.IsFailing || (outcome.Fault is { Passes: false } && IsRecent(outcome)) ? outcome.Fault : null;
        }
    }

    private StorageFault? RecentOf(Outcome outcome)
    {
        lock (outcome) return outcome.Fault is not null && IsRecent(outcome) ? outcome.Fault : null;
    }

    private bool IsRecent(Outcome outcome) => _time.GetElapsedTime(outcome.FailedAt) < Window;

    private sealed class Outcome
    {
        public volatile bool IsFailing;
        public bool IsLogged;
        public StorageFault? Fault;
        public long FailedAt;
        public long LoggedAt;
        public long SucceededAt;
    }

    [LoggerMessage(1901, LogLevel.Error, "A {Use} of the storage failed. {Error}")]
    private partial void LogFailed(Exception exception, StorageUse use, string error);

    [LoggerMessage(1902, LogLevel.Information, "The storage works again: a {Use} succeeded")]
    private partial void LogRecovered(StorageUse use);
}
