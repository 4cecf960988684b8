namespace NotifyHub.Grains.Storage;

/// <summary>What one use of the storage came to in the last seconds.</summary>
internal sealed class StorageOutcome(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    // Bounds what is remembered: the messages of some causes contain values.
    private const int MaxCauses = 16;

    private readonly Lock _lock = new();

    // Faults and their causes that were logged since _loggedAt.
    private readonly HashSet<string> _causes = new(StringComparer.Ordinal);

    // For the log: it has begun, and its end was not noticed yet.
    private volatile bool _isOutage;

    // Nothing has succeeded since it failed.
    private bool _isFailing;
    private bool _isLogged;
    private StorageFault? _fault;
    private long _failedAt;

    // The newest that an operator has to fix: one that passes must not hide it.
    private StorageFault? _lasting;
    private long _lastingAt;
    private long? _loggedAt;
    private long _succeededAt = time.GetTimestamp();

    /// <summary>How long ago it succeeded, or this began.</summary>
    public TimeSpan SinceSuccess => time.GetElapsedTime(Volatile.Read(ref _succeededAt));

    /// <summary>Null: it does what it is asked for.</summary>
    public StorageFault? Error
    {
        get
        {
            lock (_lock)
            {
                var isLastingRecent = _lasting is not null && time.GetElapsedTime(_lastingAt) < Window;
                return isLastingRecent ? _lasting : _isFailing ? _fault : null;
            }
        }
    }

    /// <summary>What failed in the last seconds, whether or not it works again.</summary>
    public StorageFault? Recent
    {
        get
        {
            lock (_lock) return _fault is not null && IsRecent ? _fault : null;
        }
    }

    private bool IsRecent => time.GetElapsedTime(_failedAt) < Window;

    /// <summary>True: this ends an outage that was logged.</summary>
    public bool Succeed()
    {
        Volatile.Write(ref _succeededAt, time.GetTimestamp());
        if (!_isOutage) return false;
        lock (_lock)
        {
            _isFailing = false;
            // What an operator has to fix concerns one table or large writes: while it lasts, others succeed all the time.
            var isOver = _lasting is null || time.GetElapsedTime(_lastingAt) >= LogInterval;
            if (!_isOutage || !isOver) return false;
            (_isOutage, _lasting) = (false, null);
            (var wasLogged, _isLogged) = (_isLogged, false);
            return wasLogged;
        }
    }

    /// <summary>True: the caller has to log it.</summary>
    /// <param name="isQuiet">It is not logged in any case.</param>
    public bool Fail(StorageFault fault, Exception cause, bool isQuiet)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            // Each cause is logged when it begins and then once per interval, also when successes come in between.
            if (_loggedAt is not { } loggedAt || time.GetElapsedTime(loggedAt, now) >= LogInterval)
            {
                _loggedAt = now;
                _causes.Clear();
            }

            (_fault, _failedAt, _isFailing, _isOutage) = (fault, now, true, true);
            if (!fault.Passes) (_lasting, _lastingAt) = (fault, now);
            // A fault that has to be fixed may have several causes: each missing table is named by its own.
            var logged = fault.Passes ? fault.What : $"{fault.What}: {cause.Message}";
            if (_causes.Count >= MaxCauses || !_causes.Add(logged)) return false;
            _isLogged |= !isQuiet;
            return !isQuiet;
        }
    }
}
