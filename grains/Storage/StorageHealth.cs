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
    private readonly ILogger _logger;
    private readonly StorageOutcome[] _outcomes;

    public StorageHealth(TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _outcomes = [.. Enum.GetValues<StorageUse>().Select(_ => new StorageOutcome(time))];
    }

    /// <summary>Null: the database does what it is asked for.</summary>
    public StorageFault? Error => _outcomes.Select(outcome => outcome.Error).LastOrDefault(fault => fault is not null);

    /// <summary>What failed in the last seconds and works again, or what the operator has permitted; null: nothing.</summary>
    public string? Warning => _outcomes.Select(outcome => outcome.Recent).LastOrDefault(fault => fault is not null) is { } fault
        ? $"A moment ago: {fault}"
        : NotDurable;

    /// <summary>Set when the operator has permitted a database that may lose what it acknowledged: why it may.</summary>
    public string? NotDurable { get; set; }

    /// <summary>Faults are not logged: while the process starts, its last line of output reports them.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>How long ago something was committed, or the process began.</summary>
    public TimeSpan SinceCommit => _outcomes[(int)StorageUse.Commit].SinceSuccess;

    public void Succeeded(StorageUse use)
    {
        if (_outcomes[(int)use].Succeed()) LogRecovered(use);
    }

    public void Failed(StorageUse use, StorageFault fault, Exception cause)
    {
        if (_outcomes[(int)use].Fail(fault, cause, IsQuiet)) LogFailed(cause, use, fault.ToString());
    }

    [LoggerMessage(1901, LogLevel.Error, "A {Use} of the storage failed. {Error}")]
    private partial void LogFailed(Exception exception, StorageUse use, string error);

    [LoggerMessage(1902, LogLevel.Information, "The storage works again: a {Use} succeeded")]
    private partial void LogRecovered(StorageUse use);
}
