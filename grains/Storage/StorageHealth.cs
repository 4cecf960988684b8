using Microsoft.Extensions.Logging;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// What the reads and commits of the last seconds came to, and the log lines when that changes. A fault that a retry may cure is
/// an error until the next success, and a warning for 10 s after it; one that an operator has to fix stays one for that long,
/// because other writes may still succeed (a full disk takes small ones, a damaged page concerns one table). The log then has no
/// end of it before a minute without failures.
/// </summary>
public sealed partial class StorageHealth
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    // Bounds what is remembered: the messages of some causes contain values.
    private const int CausesPerInterval = 16;

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Outcome[] _outcomes;

    public StorageHealth(TimeProvider time, ILogger log)
    {
        (_time, _log) = (time, log);
        _outcomes = [.. Enum.GetValues<StorageUse>().Select(_ => new Outcome())];
        _outcomes[(int)StorageUse.Commit].SucceededAt = time.GetTimestamp();
    }

    /// <summary>Null: the database does what it is asked for.</summary>
    public StorageFault? Error => _outcomes.Select(ErrorOf).LastOrDefault(fault => fault is not null);

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
        if (!outcome.IsOutage) return;
        bool isNews;
        lock (outcome)
        {
            outcome.IsFailing = false;
            // What an operator has to fix concerns one table or large writes: while it lasts, others succeed all the time.
            var isOver = outcome.Fault is { Passes: true } || _time.GetElapsedTime(outcome.FailedAt) >= LogInterval;
            if (!outcome.IsOutage || !isOver) return;
            outcome.IsOutage = false;
            (isNews, outcome.IsLogged) = (outcome.IsLogged, false);
            outcome.Causes.Clear();
        }

        if (isNews) LogRecovered(use);
    }

    public void Failed(StorageUse use, StorageFault fault, Exception cause)
    {
        var outcome = _outcomes[(int)use];
        var now = _time.GetTimestamp();
        lock (outcome)
        {
            // Each cause is logged when it begins and once per interval while it lasts.
            if (!outcome.IsOutage || _time.GetElapsedTime(outcome.LoggedAt, now) >= LogInterval)
            {
                outcome.LoggedAt = now;
                outcome.Causes.Clear();
            }

            (outcome.Fault, outcome.FailedAt, outcome.IsFailing, outcome.IsOutage) = (fault, now, true, true);
            // A fault that has to be fixed may have several causes: each missing table is named by its own.
            var logged = fault.Passes ? fault.What : $"{fault.What}: {cause.Message}";
            if (outcome.Causes.Count >= CausesPerInterval || !outcome.Causes.Add(logged)) return;
            outcome.IsLogged |= !IsQuiet;
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
        /// <summary>Faults and their causes that were logged since <see cref="LoggedAt"/>.</summary>
        public readonly HashSet<string> Causes = new(StringComparer.Ordinal);

        /// <summary>For the log: it has begun, and its end was not noticed yet.</summary>
        public volatile bool IsOutage;

        /// <summary>Nothing has succeeded since it failed.</summary>
        public bool IsFailing;
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
